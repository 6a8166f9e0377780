package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/**
 * Counts the memory that bits of an image take, before they take it. An image of a few megabytes
 * can describe bitmaps of many gigabytes.
 */
public final class MemoryBudget {
  /** Bytes for the bitmaps of one image. */
  public static final long ONE_IMAGE = 256L << 20;

  private static final int LEAF_BITS = 2048;
  private static final int LEAF_BYTES = 256 + 16;
  private static final int LEAVES_PER_PAGE = 64;
  private static final int PAGE_BYTES = 64 * 4 + 16;

  private long left;
  private final long whole;

  /** So many bytes. */
  public MemoryBudget(long bytes) {
    left = bytes;
    whole = bytes;
  }

  /**
   * Takes that much.
   *
   * @throws BlockException IMAGE_LIMIT when there is not so much left
   */
  public void charge(long bytes) {
    if (bytes > left) {
      throw new BlockException(
          ErrorCode.IMAGE_LIMIT,
          "the bitmaps of this image need more than "
              + (whole >> 20)
              + " MiB of memory, which is the limit for one image");
    }
    left -= bytes;
  }

  /** Takes bits into a new tree, which is charged with what it has already. */
  public BitmapSink counted(BitTree tree) {
    charge(tree.memory());
    BitmapSink sink = TreeBits.sink(tree);
    return new BitmapSink() {
      @Override
      public void words(long firstWord, long[] words, int count) {
        chargeWords(count);
        sink.words(firstWord, words, count);
      }

      @Override
      public void allSet(long firstBit, long count) {
        chargeOnes(Math.min(count, tree.bits()));
        sink.allSet(firstBit, count);
      }
    };
  }

  /** Words that are delivered; pages that they share are counted again. */
  private void chargeWords(int count) {
    long leaves = (long) count * Long.SIZE / LEAF_BITS + 1;
    charge(leaves * LEAF_BYTES + (leaves / LEAVES_PER_PAGE + 1) * PAGE_BYTES);
  }

  /** A run of ones: whole leaves are shared, the pages above them are not. */
  private void chargeOnes(long bits) {
    long leaves = bits / LEAF_BITS + 1;
    charge(2 * LEAF_BYTES + (leaves / LEAVES_PER_PAGE + 1) * PAGE_BYTES);
  }
}
