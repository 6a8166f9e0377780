package io.ashlar.engine.bitmap;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/**
 * Counts the memory that bits of an image take, before they take it. An image of a few megabytes
 * can describe bitmaps of many gigabytes.
 */
final class MemoryBudget {
  private static final int LEAF_BITS = 2048;
  private static final int LEAF_BYTES = 256 + 16;
  private static final int LEAVES_PER_PAGE = 64;
  private static final int PAGE_BYTES = 64 * 4 + 16;

  private long left;
  private final long whole;

  MemoryBudget(long bytes) {
    left = bytes;
    whole = bytes;
  }

  /**
   * Takes that much.
   *
   * @throws BlockException IMAGE_LIMIT when there is not so much left
   */
  void charge(long bytes) {
    if (bytes > left) {
      throw new BlockException(
          ErrorCode.IMAGE_LIMIT,
          "the stored bitmaps of this image need more than "
              + (whole >> 20)
              + " MiB of memory, which is the limit for one image");
    }
    left -= bytes;
  }

  /** Words that are delivered; pages that they share are counted again. */
  void chargeWords(int count) {
    long leaves = (long) count * Long.SIZE / LEAF_BITS + 1;
    charge(leaves * LEAF_BYTES + (leaves / LEAVES_PER_PAGE + 1) * PAGE_BYTES);
  }

  /** A run of ones: whole leaves are shared, the pages above them are not. */
  void chargeOnes(long bits) {
    long leaves = bits / LEAF_BITS + 1;
    charge(2 * LEAF_BYTES + (leaves / LEAVES_PER_PAGE + 1) * PAGE_BYTES);
  }
}
