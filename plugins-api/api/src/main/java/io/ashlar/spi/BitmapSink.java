package io.ashlar.spi;

/** Receives stored bits, in ascending order; ranges that are not delivered are clear. */
public interface BitmapSink {
  /**
   * Words of 64 bits; bit k of the bitmap is bit {@code k % 64} of word {@code k / 64}.
   *
   * @param firstWord index of the first word
   * @param words read before the call returns, not kept
   * @param count how many
   */
  void words(long firstWord, long[] words, int count);

  /** A run of set bits. */
  void allSet(long firstBit, long count);
}
