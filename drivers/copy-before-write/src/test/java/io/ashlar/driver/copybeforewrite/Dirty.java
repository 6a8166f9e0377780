package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.BitmapSource;
import java.util.BitSet;

/** A bitmap for plans. */
record Dirty(BitSet bits) implements BitmapSource {
  static Dirty of(int... set) {
    BitSet bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return new Dirty(bits);
  }

  @Override
  public long nextNonZeroWord(long fromWord) {
    int bit = bits.nextSetBit((int) fromWord * Long.SIZE);
    return bit < 0 ? -1 : bit / Long.SIZE;
  }

  @Override
  public void copy(long firstWord, long[] into, int count) {
    long[] words = bits.toLongArray();
    for (int i = 0; i < count; i++) {
      int word = (int) firstWord + i;
      into[i] = word < words.length ? words[word] : 0;
    }
  }
}
