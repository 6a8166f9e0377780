package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapSource;
import java.util.BitSet;

/** Bits as a source and as a sink. */
final class BitArray implements BitmapSource, BitmapSink {
  final BitSet bits = new BitSet();
  private long delivered = -1;

  static BitArray of(int... set) {
    BitArray array = new BitArray();
    for (int bit : set) {
      array.bits.set(bit);
    }
    return array;
  }

  @Override
  public long nextNonZeroWord(long fromWord) {
    int next = bits.nextSetBit((int) fromWord * 64);
    return next < 0 ? -1 : next / 64;
  }

  @Override
  public void copy(long firstWord, long[] into, int count) {
    long[] words = bits.toLongArray();
    for (int i = 0; i < count; i++) {
      into[i] = firstWord + i < words.length ? words[(int) firstWord + i] : 0;
    }
  }

  @Override
  public void words(long firstWord, long[] words, int count) {
    ascending(firstWord * 64);
    for (int i = 0; i < count * 64; i++) {
      if ((words[i / 64] >>> i % 64 & 1) != 0) {
        bits.set((int) firstWord * 64 + i);
      }
    }
    delivered = (firstWord + count) * 64 - 1;
  }

  @Override
  public void allSet(long firstBit, long count) {
    ascending(firstBit);
    bits.set((int) firstBit, (int) (firstBit + count));
    delivered = firstBit + count - 1;
  }

  private void ascending(long bit) {
    if (bit <= delivered) {
      throw new AssertionError("bit " + bit + " comes after " + delivered);
    }
  }
}
