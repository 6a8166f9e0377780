package io.ashlar.spi;

import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A node whose image keeps dirty bitmaps. The driver owns bytes, clusters and flushes; the engine
 * decides what is stored and when. Calls come from one thread at a time; the data path may run
 * beside them, except where stated.
 */
public interface BitmapStore {
  /**
   * The directory as it is on disk. Reads no bits. A directory that is damaged as a whole is listed
   * as one unusable bitmap, which can be kept or removed like any other; no other can be stored
   * beside it.
   */
  List<StoredBitmap> directory();

  /**
   * Delivers the bits of an entry that is neither IN_USE nor unusable.
   *
   * @throws BlockException IMAGE_CORRUPT when its table or data is damaged
   */
  void load(StoredBitmap bitmap, BitmapSink sink);

  /**
   * Sets IN_USE in every usable entry that lacks it, in place, and flushes once. Touches nothing
   * else, so that a crash in the middle leaves every entry either as it was or IN_USE. Does nothing
   * when there is nothing to set. Idempotent.
   *
   * <p>Entries that were found IN_USE when the node was opened lack it too: a flush of whoever set
   * it may have failed, and then what is read is not what is on the disk.
   *
   * <p>When a {@link StagedDirectory#publish} before had an unknown outcome, the old directory is
   * first made the image's for certain and the other one given up; {@link #stage} does the same.
   */
  void arm();

  /**
   * Writes bits, tables and a new directory into new clusters and makes them and their refcounts
   * durable; the image's header still points to the old directory.
   *
   * @throws BlockException and everything allocated is free again; NO_SPACE among others
   */
  StagedDirectory stage(List<BitmapEntry> entries);

  /**
   * Refuses a bitmap that could never be stored.
   *
   * @throws BlockException NOT_SUPPORTED or INVALID_OPTION naming the limit
   */
  void checkStorable(String name, long granularity, long length, int bitmapsAlready);

  /**
   * What the format never changes in place, such as the cluster size: with it an image is told from
   * another one that took its place. Empty when there is nothing.
   */
  default String shape() {
    return "";
  }

  /**
   * Where the user wants the journal of the bitmaps' history: a file name, or {@code off}. Empty
   * for beside the image.
   */
  default Optional<String> journal() {
    return Optional.empty();
  }

  /**
   * Whether the user vouches that nobody changed the image since a crash, although its file's time
   * of change says otherwise: it was copied, or brought back from a copy.
   */
  default boolean trustsCopies() {
    return false;
  }

  /**
   * The fence as it is on disk. What belongs to it in the directory is not listed by {@link
   * #directory}.
   */
  default FenceReport fence() {
    return FenceReport.NONE;
  }

  /**
   * Why no fence can be put into this image now, as part of a sentence; empty when one can. An
   * empty text when its user wants none, so that nobody needs to hear of it.
   *
   * @param bitmaps how many bitmaps the directory will have, without what belongs to the fence
   */
  default Optional<String> fenceRefusal(int bitmaps) {
    return Optional.of("its format has no place for a fence");
  }

  /**
   * As {@link #stage(List)}, and {@link StagedDirectory#publish} puts a fence in, changes it, or
   * takes it out, in the same step as the directory: a crash leaves both or neither. {@link #arm}
   * and {@link #stage(List)} mean an image without a fence; one that is there is first taken out,
   * durably.
   *
   * @param fence what the image is to say afterwards; empty for none
   * @throws BlockException NOT_SUPPORTED when {@link #fenceRefusal} says why
   */
  default StagedDirectory stage(List<BitmapEntry> entries, Optional<Fence> fence) {
    if (fence.isPresent()) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "the image cannot carry a fence: its format has no place for it");
    }
    return stage(entries);
  }

  /**
   * Changes a fence that is in the image, in place, and flushes.
   *
   * @throws BlockException with unknown outcome: the image has the old one or the new one
   */
  default void changeFence(Fence next) {
    throw new BlockException(ErrorCode.NOT_SUPPORTED, "the image has no fence to be changed");
  }

  /**
   * Takes the fence out, in place and without allocating anything, and flushes; bitmaps stay
   * IN_USE. Afterwards writes may go on without a journal. Does nothing when there is none for
   * certain. May run beside guest writes and on any thread.
   *
   * @throws BlockException with unknown outcome; may be repeated
   */
  default void revokeFence() {}

  /**
   * Who tells the number of the journal's last durable record; asked before each flush of the image
   * while a fence is in it, and written into the fence with that flush.
   */
  default void lastRecord(LongSupplier lsn) {}

  /** A directory that is written but not yet the image's. */
  interface StagedDirectory {
    /**
     * Points the header to the new directory and flushes, then frees what it replaced.
     *
     * @throws BlockException with unknown outcome; old and new clusters stay allocated, and the
     *     call may be repeated
     */
    void publish();

    /** Frees what was staged; only before {@link #publish} was called. */
    void discard();
  }
}
