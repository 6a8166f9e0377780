package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.BitmapSource;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/**
 * The bits of one dirty bitmap: bit n stands for the granule of bytes that starts at n times the
 * granularity. Any number of threads set, clear and read without a lock; pages exist only where
 * something was set. Length and granularity never change; {@link #resized} makes another tree.
 *
 * <p>Offsets and lengths are in bytes, as in requests. Setting covers every granule that is touched
 * (more than asked, never less); clearing covers only granules that lie wholly inside (less than
 * asked, never more), where the end of the bitmap counts as the end of the last granule. What lies
 * behind the end is ignored.
 *
 * <p>Every change is a volatile access: who sees what a writer did after setting a bit sees the
 * bit.
 */
public final class BitTree {
  /** Smallest granularity in bytes. */
  public static final long MIN_GRANULARITY = 512;

  /** Largest granularity in bytes. */
  public static final long MAX_GRANULARITY = 1L << 31;

  private static final int WORD_SHIFT = 6;
  private static final int BIT_MASK = Long.SIZE - 1;
  private static final int LEAF_SHIFT = Pages.LEAF_SHIFT + WORD_SHIFT;
  private static final int WORD_IN_LEAF = Pages.LEAF_WORDS - 1;

  private final long length;
  private final int shift;
  private final long bits;
  private final Pages pages;

  /**
   * A tree without set bits.
   *
   * @param length bytes that it covers, 0 or more
   * @param granularity bytes per bit, a power of two from 512 to 2 GiB
   * @throws BlockException INVALID_OPTION for another granularity; LIMIT_EXCEEDED when length and
   *     granularity need more than 2^45 bits (16 PiB in granules of 512 bytes)
   */
  public BitTree(long length, long granularity) {
    if (granularity < MIN_GRANULARITY
        || granularity > MAX_GRANULARITY
        || Long.bitCount(granularity) != 1) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "bitmap granularity " + granularity + " is not a power of two from 512 to 2147483648");
    }
    if (length < 0) {
      throw new IllegalArgumentException("bitmap length " + length);
    }
    this.length = length;
    shift = Long.numberOfTrailingZeros(granularity);
    bits = length == 0 ? 0 : ((length - 1) >>> shift) + 1;
    if (words() > Pages.maxWords()) {
      throw new BlockException(
          ErrorCode.LIMIT_EXCEEDED,
          "a bitmap of granularity "
              + granularity
              + " cannot cover "
              + length
              + " bytes; choose a larger granularity");
    }
    pages = new Pages(words());
  }

  /** Bytes that it covers. */
  public long length() {
    return length;
  }

  /** Bytes per bit. */
  public long granularity() {
    return 1L << shift;
  }

  /** Number of bits: length divided by granularity, rounded up. */
  public long bits() {
    return bits;
  }

  /** Number of 64-bit words. */
  public long words() {
    return (bits + BIT_MASK) >>> WORD_SHIFT;
  }

  /** Bytes of memory that its arrays use. */
  public long memory() {
    return pages.memory();
  }

  /** Sets every granule that the range touches. */
  public void set(long offset, long count) {
    if (count <= 0 || offset >= length) {
      return;
    }
    setBits(offset >>> shift, lastBit(offset, count) + 1);
  }

  /** Sets the bits from {@code from} to before {@code to}. */
  void setBits(long from, long to) {
    long first = from >>> WORD_SHIFT;
    long last = (to - 1) >>> WORD_SHIFT;
    long head = -1L << from;
    long tail = -1L >>> -to;
    if (first == last) {
      setWord(first, head & tail);
      return;
    }
    setWord(first, head);
    long word = first + 1;
    while (word < last) {
      if ((word & WORD_IN_LEAF) == 0 && last - word >= Pages.LEAF_WORDS) {
        setLeaf(word >>> Pages.LEAF_SHIFT);
        word += Pages.LEAF_WORDS;
      } else {
        setWord(word++, -1L);
      }
    }
    setWord(last, tail);
  }

  /** Clears every granule that lies wholly inside the range. */
  public void clear(long offset, long count) {
    if (count <= 0 || offset >= length) {
      return;
    }
    long from = (offset + granularity() - 1) >>> shift;
    long to = count >= length - offset ? bits : (offset + count) >>> shift;
    clearBits(from, to);
  }

  /** Clears the bits from {@code from} to before {@code to}. */
  void clearBits(long from, long to) {
    long bit = from;
    while (bit < to) {
      long leafIndex = pages.nextLeaf(bit >>> LEAF_SHIFT);
      if (leafIndex < 0) {
        return;
      }
      bit = Math.max(bit, leafIndex << LEAF_SHIFT);
      long end = Math.min(to, (leafIndex + 1) << LEAF_SHIFT);
      if (bit >= end) {
        return;
      }
      long[] leaf = pages.leafToClear(leafIndex);
      while (bit < end) {
        long wordEnd = Math.min(end, (bit | BIT_MASK) + 1);
        long mask = -1L << bit & -1L >>> -wordEnd;
        Pages.WORD.getAndBitwiseAnd(leaf, (int) (bit >>> WORD_SHIFT) & WORD_IN_LEAF, ~mask);
        bit = wordEnd;
      }
    }
  }

  /** Clears every bit. Pages stay; a new tree takes less memory. */
  public void clearAll() {
    clearBits(0, bits);
  }

  /** Whether the granule of that byte is set; false behind the end. */
  public boolean isSet(long offset) {
    long bit = offset >>> shift;
    return bit < bits && (word(bit >>> WORD_SHIFT) >>> bit & 1) != 0;
  }

  /** Number of set bits. */
  public long count() {
    long count = 0;
    for (long i = pages.nextLeaf(0); i >= 0; i = pages.nextLeaf(i + 1)) {
      long[] leaf = pages.leaf(i);
      for (int w = 0; w < Pages.LEAF_WORDS; w++) {
        count += Long.bitCount((long) Pages.WORD.getVolatile(leaf, w));
      }
    }
    return count;
  }

  /** Bytes that the set bits cover as QEMU reports them: set bits times granularity. */
  public long dirtyBytes() {
    return count() << shift;
  }

  /** No bit is set. */
  public boolean isEmpty() {
    return nextSetBit(0) < 0;
  }

  /** The first dirty byte at or after {@code offset}, or -1. */
  public long nextDirty(long offset) {
    if (offset >= length) {
      return -1;
    }
    long bit = nextSetBit(offset >>> shift);
    return bit < 0 ? -1 : Math.max(offset, bit << shift);
  }

  /** The first byte at or after {@code offset} that is not dirty, or -1 when there is none. */
  public long nextClean(long offset) {
    if (offset >= length) {
      return -1;
    }
    long bit = nextClearBit(offset >>> shift);
    return bit < 0 ? -1 : Math.max(offset, bit << shift);
  }

  /** The first set bit at or after {@code from}, or -1. */
  public long nextSetBit(long from) {
    long word = nextNonZeroWord(from >>> WORD_SHIFT);
    while (word >= 0) {
      long value = word(word);
      if (word == from >>> WORD_SHIFT) {
        value &= -1L << from;
      }
      if (value != 0) {
        return (word << WORD_SHIFT) + Long.numberOfTrailingZeros(value);
      }
      word = nextNonZeroWord(word + 1);
    }
    return -1;
  }

  /** The first clear bit at or after {@code from}, or -1 when all up to the end are set. */
  public long nextClearBit(long from) {
    long bit = from;
    while (bit < bits) {
      long[] leaf = pages.leaf(bit >>> LEAF_SHIFT);
      if (leaf == null) {
        return bit;
      }
      if (leaf == Pages.ONES) {
        bit = ((bit >>> LEAF_SHIFT) + 1) << LEAF_SHIFT;
        continue;
      }
      long value = (long) Pages.WORD.getVolatile(leaf, (int) (bit >>> WORD_SHIFT) & WORD_IN_LEAF);
      long clear = ~value & -1L << bit;
      if (clear != 0) {
        long found = (bit & ~(long) BIT_MASK) + Long.numberOfTrailingZeros(clear);
        return found < bits ? found : -1;
      }
      bit = (bit | BIT_MASK) + 1;
    }
    return -1;
  }

  /** The first word at or after {@code from} that is not zero, or -1. */
  long nextNonZeroWord(long from) {
    long i = from >= words() ? -1 : pages.nextLeaf(from >>> Pages.LEAF_SHIFT);
    while (i >= 0) {
      long[] leaf = pages.leaf(i);
      long base = i << Pages.LEAF_SHIFT;
      for (long w = Math.max(from, base); w < base + Pages.LEAF_WORDS; w++) {
        if ((long) Pages.WORD.getVolatile(leaf, (int) w & WORD_IN_LEAF) != 0) {
          return w;
        }
      }
      i = pages.nextLeaf(i + 1);
    }
    return -1;
  }

  /** A word; 0 behind the end. */
  long word(long index) {
    if (index >= words()) {
      return 0;
    }
    long[] leaf = pages.leaf(index >>> Pages.LEAF_SHIFT);
    return leaf == null ? 0 : (long) Pages.WORD.getVolatile(leaf, (int) index & WORD_IN_LEAF);
  }

  /**
   * Sets every granule that a set granule of the other tree touches; the granularities and lengths
   * may differ. Bits that the other gets meanwhile may or may not be taken over.
   */
  public void merge(BitTree other) {
    if (other.shift == shift) {
      for (long i = other.pages.nextLeaf(0); i >= 0; i = other.pages.nextLeaf(i + 1)) {
        mergeLeaf(i, other.pages.leaf(i));
      }
      return;
    }
    long start = other.nextSetBit(0);
    while (start >= 0) {
      long end = other.nextClearBit(start);
      long stop = end < 0 ? other.length : end << other.shift;
      set(start << other.shift, stop - (start << other.shift));
      start = end < 0 ? -1 : other.nextSetBit(end);
    }
  }

  /** A tree of its own with the bits of this one; pages without set bits are left out. */
  public BitTree copy() {
    return resized(length);
  }

  /** A copy for another length: what is added is clean, what lies behind the new end is dropped. */
  public BitTree resized(long newLength) {
    BitTree copy = new BitTree(newLength, granularity());
    copy.merge(this);
    return copy;
  }

  /** A tree of the same length and granularity without set bits. */
  public BitTree emptied() {
    return new BitTree(length, granularity());
  }

  /** A copy to store from: stable however many writers go on. */
  public BitmapSource snapshot() {
    return TreeBits.source(copy());
  }

  /** Sets bits of a word, those behind the end left out. */
  void orWord(long index, long value) {
    long mask = value;
    long end = bits - (index << WORD_SHIFT);
    if (end < Long.SIZE) {
      mask &= end <= 0 ? 0 : -1L >>> -end;
    }
    if (mask != 0) {
      setWord(index, mask);
    }
  }

  private void mergeLeaf(long index, long[] leaf) {
    if (leaf == Pages.ONES && (index + 1) << LEAF_SHIFT <= bits) {
      setLeaf(index);
      return;
    }
    for (int w = 0; w < Pages.LEAF_WORDS; w++) {
      orWord((index << Pages.LEAF_SHIFT) + w, (long) Pages.WORD.getVolatile(leaf, w));
    }
  }

  private void setWord(long index, long mask) {
    long[] leaf = pages.leafToSet(index >>> Pages.LEAF_SHIFT);
    int slot = (int) index & WORD_IN_LEAF;
    // The read spares the bus the locked instruction. The shared leaf of ones always ends here.
    if (((long) Pages.WORD.getVolatile(leaf, slot) & mask) != mask) {
      Pages.WORD.getAndBitwiseOr(leaf, slot, mask);
    }
  }

  private void setLeaf(long index) {
    long[] leaf = pages.leafOfOnes(index);
    if (leaf == Pages.ONES) {
      return;
    }
    for (int w = 0; w < Pages.LEAF_WORDS; w++) {
      if ((long) Pages.WORD.getVolatile(leaf, w) != -1L) {
        Pages.WORD.getAndBitwiseOr(leaf, w, -1L);
      }
    }
  }

  private long lastBit(long offset, long count) {
    return count >= length - offset ? bits - 1 : (offset + count - 1) >>> shift;
  }
}
