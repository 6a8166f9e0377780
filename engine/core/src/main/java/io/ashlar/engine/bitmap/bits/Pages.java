package io.ashlar.engine.bitmap.bits;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The sparse array of 64-bit words below a {@link BitTree}: pages exist only where something was
 * set. Four steps: root, 256 references, 64 references, leaf of 32 words (256 bytes). For 64 TiB in
 * 64 KiB granules a far-off spot costs a leaf and a middle page, some 550 bytes.
 *
 * <p>References go from null to a page once and, but for the shared leaf of ones, never change, so
 * that a writer that has found its leaf may take its time.
 */
final class Pages {
  static final int LEAF_SHIFT = 5;
  static final int LEAF_WORDS = 1 << LEAF_SHIFT;
  static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  /** Stands for a leaf of ones in any tree; its words are never changed. */
  static final long[] ONES = new long[LEAF_WORDS];

  private static final int MIDDLE_SHIFT = 6;
  private static final int UPPER_SHIFT = 8;
  private static final int MIDDLE = 1 << MIDDLE_SHIFT;
  private static final int UPPER = 1 << UPPER_SHIFT;
  private static final int ROOT_SHIFT = MIDDLE_SHIFT + UPPER_SHIFT;
  private static final int MAX_ROOT = 1 << 20;
  private static final VarHandle LEAVES = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final VarHandle MIDDLES = MethodHandles.arrayElementVarHandle(long[][][].class);
  private static final VarHandle UPPERS = MethodHandles.arrayElementVarHandle(long[][][][].class);
  // What a HotSpot VM with compressed references uses.
  private static final int ARRAY_HEADER = 16;
  private static final int REFERENCE = 4;

  static {
    java.util.Arrays.fill(ONES, -1L);
  }

  private final long leaves;
  private final long[][][][] root;

  Pages(long words) {
    leaves = (words + LEAF_WORDS - 1) >>> LEAF_SHIFT;
    root = new long[(int) ((leaves + (1L << ROOT_SHIFT) - 1) >>> ROOT_SHIFT)][][][];
  }

  /** Most words that an array may have: 32 TiB of bits in 512-byte granules make 16 PiB. */
  static long maxWords() {
    return (long) MAX_ROOT << ROOT_SHIFT << LEAF_SHIFT;
  }

  long leaves() {
    return leaves;
  }

  /** The leaf, or null when nothing was ever set there; may be {@link #ONES}. */
  long[] leaf(long index) {
    long[][][] upper = (long[][][]) UPPERS.getAcquire(root, (int) (index >>> ROOT_SHIFT));
    if (upper == null) {
      return null;
    }
    long[][] middle =
        (long[][]) MIDDLES.getAcquire(upper, (int) (index >>> MIDDLE_SHIFT) & (UPPER - 1));
    return middle == null ? null : (long[]) LEAVES.getAcquire(middle, (int) index & (MIDDLE - 1));
  }

  /** The leaf, made when it was not there; may be {@link #ONES}. */
  long[] leafToSet(long index) {
    long[] leaf = leaf(index);
    return leaf != null ? leaf : install(index, null, new long[LEAF_WORDS]);
  }

  /** A leaf of ones where there was none; otherwise the leaf that is there. */
  long[] leafOfOnes(long index) {
    return install(index, null, ONES);
  }

  /** The leaf for somebody who clears: null, or words of this tree alone. */
  long[] leafToClear(long index) {
    long[] leaf = leaf(index);
    return leaf == ONES ? install(index, ONES, ONES.clone()) : leaf;
  }

  /** The first leaf index at or after {@code from} with a leaf, or -1. */
  long nextLeaf(long from) {
    long index = from;
    while (index < leaves) {
      long[][][] upper = (long[][][]) UPPERS.getAcquire(root, (int) (index >>> ROOT_SHIFT));
      if (upper == null) {
        index = ((index >>> ROOT_SHIFT) + 1) << ROOT_SHIFT;
        continue;
      }
      long[][] middle =
          (long[][]) MIDDLES.getAcquire(upper, (int) (index >>> MIDDLE_SHIFT) & (UPPER - 1));
      if (middle == null) {
        index = ((index >>> MIDDLE_SHIFT) + 1) << MIDDLE_SHIFT;
        continue;
      }
      if (LEAVES.getAcquire(middle, (int) index & (MIDDLE - 1)) != null) {
        return index;
      }
      index++;
    }
    return -1;
  }

  /** Bytes of all arrays. */
  long memory() {
    long bytes = ARRAY_HEADER + (long) REFERENCE * root.length;
    for (long[][][] upper : root) {
      if (upper == null) {
        continue;
      }
      bytes += ARRAY_HEADER + (long) REFERENCE * UPPER;
      for (long[][] middle : upper) {
        if (middle == null) {
          continue;
        }
        bytes += ARRAY_HEADER + (long) REFERENCE * MIDDLE;
        for (long[] leaf : middle) {
          if (leaf != null && leaf != ONES) {
            bytes += ARRAY_HEADER + (long) Long.BYTES * LEAF_WORDS;
          }
        }
      }
    }
    return bytes;
  }

  /** Puts a leaf where {@code expected} is; returns what is there afterwards. */
  private long[] install(long index, long[] expected, long[] leaf) {
    int rootIndex = (int) (index >>> ROOT_SHIFT);
    long[][][] upper = (long[][][]) UPPERS.getAcquire(root, rootIndex);
    if (upper == null) {
      long[][][] made = new long[UPPER][][];
      long[][][] before = (long[][][]) UPPERS.compareAndExchange(root, rootIndex, null, made);
      upper = before == null ? made : before;
    }
    int upperIndex = (int) (index >>> MIDDLE_SHIFT) & (UPPER - 1);
    long[][] middle = (long[][]) MIDDLES.getAcquire(upper, upperIndex);
    if (middle == null) {
      long[][] made = new long[MIDDLE][];
      long[][] before = (long[][]) MIDDLES.compareAndExchange(upper, upperIndex, null, made);
      middle = before == null ? made : before;
    }
    int slot = (int) index & (MIDDLE - 1);
    long[] before = (long[]) LEAVES.compareAndExchange(middle, slot, expected, leaf);
    return before == expected ? leaf : before;
  }
}
