package io.ashlar.engine.bitmap.heat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.UUID;

/**
 * Reads what {@link PackedOut} wrote. Lengths are believed only as far as there are bytes, and sets
 * only up to a limit, so that nothing read here takes memory without measure.
 */
final class PackedIn {
  private static final int LOW = 0x7f;
  private static final int MORE = 0x80;

  private final ByteBuffer source;

  PackedIn(ByteBuffer source) {
    this.source = source.slice().order(ByteOrder.BIG_ENDIAN);
  }

  static BlockException damaged(String what) {
    return new BlockException(
        ErrorCode.JOURNAL_DAMAGED, "the journal has a record of hot regions that " + what);
  }

  int u8() {
    return need(1).get() & 0xff;
  }

  /** The version in front of every record. */
  void version(int known) {
    int version = u8();
    if (version != known) {
      throw damaged("is of version " + version + ", which this version of Ashlar does not know");
    }
  }

  long number() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE - 1; shift += 7) {
      int next = u8();
      value |= (long) (next & LOW) << shift;
      if ((next & MORE) == 0) {
        return value;
      }
    }
    throw damaged("has a number that is too long");
  }

  /** A number from 0 to a limit. */
  int number(int limit) {
    long value = number();
    if (value < 0 || value > limit) {
      throw damaged("has the number " + value + " where " + limit + " is the most");
    }
    return (int) value;
  }

  long i64() {
    return need(Long.BYTES).getLong();
  }

  UUID uuid() {
    long most = i64();
    return new UUID(most, i64());
  }

  String text(int limit) {
    ByteBuffer utf8 = bytes(number(limit));
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw damaged("has a text that is no UTF-8");
    }
  }

  /** A set of numbers below a limit. */
  BitSet set(int limit) {
    BitSet set = new BitSet();
    addTo(set, limit);
    return set;
  }

  /** Adds such a set to another one. */
  void addTo(BitSet set, int limit) {
    int runs = number(limit);
    int end = 0;
    for (int i = 0; i < runs; i++) {
      int from = end + number(limit - end);
      end = from + number(limit - from);
      set.set(from, end);
    }
  }

  ByteBuffer bytes(int length) {
    need(length);
    ByteBuffer part = source.slice(source.position(), length);
    source.position(source.position() + length);
    return part;
  }

  ByteBuffer rest() {
    return bytes(source.remaining());
  }

  void end() {
    if (source.hasRemaining()) {
      throw damaged("is longer than it says");
    }
  }

  private ByteBuffer need(int bytes) {
    if (source.remaining() < bytes) {
      throw damaged("ends too early");
    }
    return source;
  }
}
