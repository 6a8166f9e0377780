package io.ashlar.engine.bitmap.heat;

import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapSource;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Bits as segments of words that are not zero: each says how many words it has and whether they are
 * all ones, how many zero words are in front of it, and then its words. A segment of none is the
 * end.
 */
final class BitsCodec {
  /** Most words of a segment that is written out. */
  private static final int LITERAL = 1024;

  /** More are on no disk; twice as many are no number that overflows. */
  private static final long MOST_WORDS = Long.MAX_VALUE >>> 8;

  private BitsCodec() {}

  /**
   * Writes the bits of a source that may get more of them meanwhile; those may be in it or not.
   *
   * @param full told now and then, when the output may be taken
   */
  static void write(BitmapSource bits, PackedOut out, Consumer<PackedOut> full) {
    long[] word = new long[1];
    long[] literal = new long[LITERAL];
    long end = 0;
    long at = bits.nextNonZeroWord(0);
    while (at >= 0) {
      long first = at;
      bits.copy(at, word, 1);
      if (word[0] == -1L) {
        while (word[0] == -1L) {
          at++;
          bits.copy(at, word, 1);
        }
        out.number((at - first) << 1 | 1).number(first - end);
      } else {
        int count = 0;
        while (count < LITERAL && word[0] != -1L && word[0] != 0) {
          literal[count++] = word[0];
          at++;
          bits.copy(at, word, 1);
        }
        out.number((long) count << 1).number(first - end);
        for (int i = 0; i < count; i++) {
          out.i64(literal[i]);
        }
      }
      end = at;
      full.accept(out);
      at = bits.nextNonZeroWord(at);
    }
    out.number(0);
  }

  /** Delivers what {@link #write} wrote; {@code null} only passes over it. */
  static void read(PackedIn in, BitmapSink sink) {
    long end = 0;
    for (long head = in.number(); head != 0; head = in.number()) {
      long gap = in.number();
      long first = end + gap;
      long count = head >>> 1;
      if (gap > MOST_WORDS || first > MOST_WORDS || count > MOST_WORDS) {
        throw PackedIn.damaged("has bits beyond any disk");
      }
      if ((head & 1) != 0) {
        if (sink != null) {
          sink.allSet(first << 6, count << 6);
        }
      } else {
        if (count > LITERAL) {
          throw PackedIn.damaged("has a segment that is too long");
        }
        ByteBuffer words = in.bytes((int) count * Long.BYTES);
        if (sink != null) {
          long[] literal = new long[(int) count];
          words.asLongBuffer().get(literal);
          sink.words(first, literal, literal.length);
        }
      }
      end = first + count;
    }
  }
}
