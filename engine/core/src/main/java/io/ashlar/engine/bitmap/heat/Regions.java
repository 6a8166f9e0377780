package io.ashlar.engine.bitmap.heat;

import java.util.BitSet;

/**
 * How a disk is divided into regions, numbered from 0. They are 1 MiB, or as much larger as it
 * takes to have no more than 1,048,576 of them.
 *
 * @param length of the disk in bytes
 * @param shift a region is two to the power of this, in bytes
 */
record Regions(long length, int shift) {
  /** Most regions. */
  static final int MOST = 1 << 20;

  private static final int SMALLEST_SHIFT = 20;

  /** Those of a disk. */
  static Regions of(long length) {
    int shift = SMALLEST_SHIFT;
    while (length > (long) MOST << shift) {
      shift++;
    }
    return new Regions(length, shift);
  }

  /** Bytes of a region. */
  long size() {
    return 1L << shift;
  }

  /** How many there are. */
  int count() {
    return (int) ((length + size() - 1) >>> shift);
  }

  /** The region of a byte. */
  int of(long offset, int limit) {
    return (int) Math.min(offset >>> shift, limit);
  }

  /** Where a region begins. */
  long start(int region) {
    return (long) region << shift;
  }

  /** Sees the ranges of bytes of a set, neighbours in one; none goes beyond any disk. */
  static void ranges(BitSet set, int shift, RangeVisitor visitor) {
    long most = Long.MAX_VALUE >>> shift;
    int from = set.nextSetBit(0);
    while (from >= 0 && from <= most) {
      int to = set.nextClearBit(from);
      long begin = (long) from << shift;
      visitor.range(begin, to > most ? Long.MAX_VALUE - begin : (long) (to - from) << shift);
      from = set.nextSetBit(to);
    }
  }

  /** Sees ranges. */
  interface RangeVisitor {
    /** One. */
    void range(long offset, long length);
  }
}
