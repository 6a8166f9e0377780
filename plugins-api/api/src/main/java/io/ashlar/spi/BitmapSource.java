package io.ashlar.spi;

/** Gives bits to be stored; stable while it is read. */
public interface BitmapSource {
  /** The first word at or after {@code fromWord} that is not zero, or -1. */
  long nextNonZeroWord(long fromWord);

  /** Copies words of 64 bits, zeroes past the end. */
  void copy(long firstWord, long[] into, int count);

  /** No bit set. */
  BitmapSource EMPTY =
      new BitmapSource() {
        @Override
        public long nextNonZeroWord(long fromWord) {
          return -1;
        }

        @Override
        public void copy(long firstWord, long[] into, int count) {
          java.util.Arrays.fill(into, 0, count, 0L);
        }
      };
}
