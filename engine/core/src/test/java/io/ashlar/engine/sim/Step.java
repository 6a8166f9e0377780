package io.ashlar.engine.sim;

import io.ashlar.engine.api.BackupRequest;
import java.util.List;
import java.util.Map;

/** A command of a history. */
public sealed interface Step {
  /**
   * What a reopen says of one node.
   *
   * @param readOnly or {@code null} to leave it unsaid
   * @param backing the name of another backing node, "" to detach it, {@code null} to keep it
   */
  record Options(String node, Boolean readOnly, Long knob, String backing) {}

  /** A node to be added. {@code owned} roles are defined inside it. */
  record Node(
      String name,
      String driver,
      boolean readOnly,
      Map<String, Node> owned,
      Map<String, String> named) {}

  /** {@code blockdev-reopen}. */
  record Reopen(List<Options> nodes) implements Step {
    /** The same the other way round. */
    Reopen reversed() {
      List<Options> last = new java.util.ArrayList<>(nodes);
      java.util.Collections.reverse(last);
      return new Reopen(last);
    }
  }

  /** {@code blockdev-add}. */
  record Add(Node node) implements Step {}

  /** {@code blockdev-del}. */
  record Delete(String node) implements Step {}

  /** A filter goes above a node. */
  record Insert(String filter, String above) implements Step {}

  /** A filter goes. */
  record Remove(String filter) implements Step {}

  /** A device comes. */
  record Attach(String device, String node, boolean writable) implements Step {}

  /** A device goes. */
  record Detach(String device) implements Step {}

  /** {@code block_resize}. */
  record Resize(String node, int granules) implements Step {}

  /** {@code block-dirty-bitmap-add}. */
  record AddBitmap(String node, String bitmap, boolean persistent, boolean disabled)
      implements Step {}

  /** {@code block-dirty-bitmap-remove}. */
  record RemoveBitmap(String node, String bitmap) implements Step {}

  /** {@code block-dirty-bitmap-clear}. */
  record Clear(String node, String bitmap) implements Step {}

  /** {@code block-dirty-bitmap-enable} or {@code -disable}. */
  record Enable(String node, String bitmap, boolean enabled) implements Step {}

  /** {@code block-dirty-bitmap-merge}. */
  record Merge(String node, String target, String source) implements Step {}

  /** A backup takes a bitmap. */
  record Freeze(String node, String bitmap) implements Step {}

  /** It gives it back. */
  record Thaw(String node, String bitmap, boolean replace) implements Step {}

  /** {@code transaction} of commands on bitmaps, each of another one. */
  record Together(List<Step> actions) implements Step {}

  /** {@code blockdev-snapshot}. */
  record Snapshot(String node, String overlay) implements Step {}

  /**
   * {@code block-commit}, until its end.
   *
   * @param base or {@code null} for the lowest
   */
  record Commit(String device, String base) implements Step {}

  /**
   * {@code blockdev-backup}, until its end.
   *
   * @param bitmap or {@code null} for everything
   * @param mode what becomes of the bitmap, or {@code null} without one
   * @param cancelAfter it is cancelled after so many turns of others; 0 for never
   */
  record Backup(
      String source, String target, String bitmap, BackupRequest.BitmapMode mode, int cancelAfter)
      implements Step {}

  /** {@code blockdev-set-active}. */
  record SetActive(String node, boolean active) implements Step {}

  /** Another program changes an image, if it is inactive: its data, and its bitmaps with it. */
  record Elsewhere(String image, int granule) implements Step {}

  /** Nothing but guests. */
  record Idle() implements Step {}
}
