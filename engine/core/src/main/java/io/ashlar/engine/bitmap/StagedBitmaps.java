package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.LifecycleLog.Intent;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The bitmaps of one node as a transaction would make them. Its methods work out one action after
 * the other and touch neither the node nor its image; {@link BitmapCommand.PrepareStaged} and
 * {@link BitmapCommand.CommitStaged} do. Possible while the node is quiesced: nobody sets bits in
 * the trees that are copied. One thread at a time.
 */
public final class StagedBitmaps {
  private final String node;
  private final String by;
  private final StoredDirectory disk;
  private final DirectoryState before;
  private final Set<String> fresh = new HashSet<>();
  private final List<BitmapFact> facts = new ArrayList<>();
  private DirectoryState now;
  private boolean diverges;
  private boolean rewrites;
  private boolean grows;
  private boolean shrinks;

  /** The image was told, which can be taken back. */
  private boolean published;

  private boolean ended;

  /** The history was told, and waits for the end. */
  private Intent intent = Intent.NONE;

  StagedBitmaps(String node, String by, DirectoryState before, StoredDirectory disk) {
    this.node = node;
    this.by = by;
    this.before = before;
    this.disk = disk;
    this.now = before;
  }

  /** {@code block-dirty-bitmap-add}. */
  public void add(String name, Bitmaps.Settings settings, long defaultGranularity) {
    take(steps().add(name, settings, defaultGranularity));
    fresh.add(name);
  }

  /**
   * {@code block-dirty-bitmap-remove}.
   *
   * @throws BlockException BITMAP_NOT_FOUND among others
   */
  public void remove(String name) {
    take(steps().remove(name));
  }

  /** {@code block-dirty-bitmap-clear}. */
  public void clear(String name) {
    take(steps().clear(name));
  }

  /** {@code block-dirty-bitmap-enable} and {@code -disable}. */
  public void setEnabled(String name, boolean enabled) {
    take(steps().setEnabled(name, enabled));
  }

  /**
   * {@code block-dirty-bitmap-merge}; the sources come from {@link #source}.
   *
   * @param names of the sources, each as {@code node/bitmap}
   */
  public void merge(String target, List<BitTree> sources, List<String> names) {
    take(steps().merge(target, sources, names));
  }

  /** A job takes a bitmap; returns its bits, which do not change any more. */
  public BitTree freeze(String name, String owner, boolean keeps) {
    BitmapStep step = steps().freeze(name, owner, keeps);
    BitTree bits = steps().checks().find(name).tree();
    take(step);
    return bits;
  }

  /**
   * The bits of a bitmap after the actions so far, to be merged; used before the transaction ends.
   *
   * @throws BlockException BITMAP_NOT_FOUND, BITMAP_BUSY, BITMAP_INCONSISTENT
   */
  public BitTree source(String name) {
    BitmapChecks checks = steps().checks();
    BitmapState bitmap = checks.consistent(checks.free(checks.find(name)));
    return bitmap.tree();
  }

  /** Whether something changes that the image must be told before. */
  public boolean diverges() {
    return diverges;
  }

  /**
   * Whether entries go that Ashlar does not understand, which nobody could put back: then this node
   * must be the last one that is prepared.
   */
  public boolean irrevocable() {
    return !now.preserved().equals(before.preserved());
  }

  /** Refuses a node of which a job or an export holds a bitmap. */
  public void requireFree() {
    now.generation().bitmaps().forEach(steps().checks()::free);
  }

  /** Refuses what cannot be kept by a node that becomes read-only in the same transaction. */
  public void requireOnlyRemovals() {
    if (diverges) {
      throw new BlockException(
          ErrorCode.BITMAP_READ_ONLY,
          "node '"
              + node
              + "' becomes read-only in this transaction, so its persistent bitmaps can only be"
              + " removed in it");
    }
  }

  private BitmapSteps steps() {
    return BitmapSteps.of(node, now, disk);
  }

  private void take(BitmapStep step) {
    step.fill().run();
    now = step.next();
    diverges |= step.diverges();
    rewrites |= step.rewrites();
    grows |= step.grows();
    shrinks |= step.shrinks();
    facts.addAll(step.facts());
  }

  /** What asked for it, for the history. */
  String by() {
    return by;
  }

  DirectoryState next() {
    return now;
  }

  DirectoryState previous() {
    return before;
  }

  Set<String> fresh() {
    return fresh;
  }

  boolean rewrites() {
    return rewrites;
  }

  /** For the image and its journal. */
  DirectoryChange change() {
    return new DirectoryChange(before, now, grows, shrinks, rewrites, fresh);
  }

  List<BitmapFact> facts() {
    return facts;
  }

  /** Whether the end is still to be carried out, which the caller does. */
  boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  boolean published() {
    return published;
  }

  void markPublished() {
    published = true;
  }

  Intent intent() {
    return intent;
  }

  void intend(Intent announced) {
    intent = announced;
  }
}
