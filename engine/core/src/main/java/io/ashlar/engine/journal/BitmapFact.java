package io.ashlar.engine.journal;

import java.util.List;

/**
 * Something that happened to the persistent bitmaps of one image. Part of a {@link LifecycleEvent},
 * which says who did it and when; in a {@link LifecycleEvent.ChangeIntended} it is yet to happen.
 *
 * <p>The records are kept for ever: a component may be added with a new version of the events (see
 * their serializer), never removed or given another meaning.
 */
public sealed interface BitmapFact {
  /** The bitmap it concerns; empty when it concerns all of the image. */
  String bitmap();

  /** How a hold ended. */
  enum Thaw {
    /** The successor took the bitmap's place: what was backed up counts as clean. */
    ABDICATED,
    /** The successor's bits were OR-ed back: nothing counts as backed up. */
    RECLAIMED
  }

  /** Which side of a move this image is on. */
  enum Side {
    MOVED_IN,
    MOVED_OUT
  }

  /**
   * A bitmap was added, empty.
   *
   * @param granularity bytes per bit
   * @param enabled whether it records writes
   */
  record BitmapAdded(String bitmap, long granularity, boolean enabled) implements BitmapFact {}

  /** A bitmap was removed. */
  record BitmapRemoved(String bitmap) implements BitmapFact {}

  /** All bits of a bitmap were reset. */
  record BitmapCleared(String bitmap) implements BitmapFact {}

  /** A bitmap records writes from now on. */
  record BitmapEnabled(String bitmap) implements BitmapFact {}

  /** A bitmap records no writes from now on. */
  record BitmapDisabled(String bitmap) implements BitmapFact {}

  /**
   * Bits of others were OR-ed into a bitmap.
   *
   * @param sources each as {@code node/bitmap}
   */
  record BitmapsMerged(String bitmap, List<String> sources) implements BitmapFact {
    /** Copies the list. */
    public BitmapsMerged {
      sources = List.copyOf(sources);
    }
  }

  /**
   * A job or an export took a bitmap: its bits stand still and a successor records.
   *
   * @param holder who holds it, such as {@code job 'b1'}
   */
  record BitmapFrozen(String bitmap, String holder) implements BitmapFact {}

  /**
   * A hold ended.
   *
   * @param holder who held it
   */
  record BitmapThawed(String bitmap, String holder, Thaw how) implements BitmapFact {}

  /**
   * A bitmap moved between two nodes, with its bits.
   *
   * @param peer the node on the other side
   * @param granularity bytes per bit
   * @param enabled whether it records writes
   */
  record BitmapMoved(String bitmap, Side side, String peer, long granularity, boolean enabled)
      implements BitmapFact {}

  /** The disk's length changed, and with it every bitmap. */
  record BitmapsResized(long length) implements BitmapFact {
    @Override
    public String bitmap() {
      return "";
    }
  }

  /**
   * The image says IN_USE of its bitmaps: only memory knows their bits.
   *
   * @param bitmaps how many
   */
  record BitmapsArmed(int bitmaps) implements BitmapFact {
    @Override
    public String bitmap() {
      return "";
    }
  }

  /**
   * The bitmaps were stored and the image says that they are right.
   *
   * @param bitmaps how many
   */
  record BitmapsSealed(int bitmaps) implements BitmapFact {
    @Override
    public String bitmap() {
      return "";
    }
  }
}
