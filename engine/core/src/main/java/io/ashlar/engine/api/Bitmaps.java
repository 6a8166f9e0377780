package io.ashlar.engine.api;

import java.util.List;

/** The bitmaps of all nodes; QMP's {@code block-dirty-bitmap-*}. */
public interface Bitmaps {
  /**
   * How to make a bitmap.
   *
   * @param granularity bytes per bit, a power of two from 512; 0 for the default (cluster size
   *     within 4 KiB and 64 KiB)
   * @param persistent kept in the image
   * @param disabled records nothing until enabled
   */
  record Settings(long granularity, boolean persistent, boolean disabled) {
    /** Recording, default granularity, not persistent. */
    public static final Settings TRANSIENT = new Settings(0, false, false);

    /** Recording, default granularity, persistent. */
    public static final Settings PERSISTENT = new Settings(0, true, false);
  }

  /** All bitmaps of a node. */
  Reply<List<BitmapInfo>> list(String node);

  /**
   * {@code block-dirty-bitmap-add}; a persistent one is in the image's directory, IN_USE, when the
   * reply comes.
   */
  Reply<BitmapInfo> add(String node, String name, Settings settings);

  /**
   * {@code block-dirty-bitmap-remove}; a persistent one is out of the image's directory when the
   * reply comes.
   */
  Reply<Void> remove(String node, String name);

  /** Removes a bitmap if it is there; true if it was. */
  Reply<Boolean> removeIfPresent(String node, String name);

  /** {@code block-dirty-bitmap-clear}. */
  Reply<Void> clear(String node, String name);

  /** {@code block-dirty-bitmap-enable}. */
  Reply<Void> enable(String node, String name);

  /** {@code block-dirty-bitmap-disable}. */
  Reply<Void> disable(String node, String name);

  /**
   * {@code block-dirty-bitmap-merge}: sources are OR-ed into the target; granularities may differ.
   */
  Reply<Void> merge(String node, String target, List<BitmapRef> sources);

  /** What is dirty. */
  Reply<DirtyView> dirty(String node, String name);

  /** {@code x-debug-block-dirty-bitmap-sha256}: lower-case hex. */
  Reply<String> sha256(String node, String name);
}
