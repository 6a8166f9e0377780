package io.ashlar.engine.journal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Writes what {@link BinaryIn} reads: big-endian numbers, texts of UTF-8 behind their length. */
final class BinaryOut {
  /** Longest text in bytes. */
  static final int MAX_TEXT = 2048;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  BinaryOut u8(int value) {
    if (value < 0 || value > 0xff) {
      throw new IllegalArgumentException(value + " does not fit into a byte");
    }
    bytes.write(value);
    return this;
  }

  BinaryOut flag(boolean value) {
    return u8(value ? 1 : 0);
  }

  BinaryOut u16(int value) {
    if (value < 0 || value > 0xffff) {
      throw new IllegalArgumentException(value + " does not fit into two bytes");
    }
    return u8(value >>> 8).u8(value & 0xff);
  }

  BinaryOut i32(int value) {
    bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    return this;
  }

  BinaryOut i64(long value) {
    bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    return this;
  }

  /** A text; what is too long is cut at a character, and what is no text becomes '?'. */
  BinaryOut text(String text) {
    CharsetEncoder encoder =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    ByteBuffer encoded = ByteBuffer.allocate((int) Math.min(MAX_TEXT, 3L * text.length()));
    encoder.encode(CharBuffer.wrap(text), encoded, true);
    u16(encoded.position());
    bytes.write(encoded.array(), 0, encoded.position());
    return this;
  }

  /** Bytes behind their length. */
  BinaryOut block(byte[] block) {
    i32(block.length);
    bytes.writeBytes(block);
    return this;
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }
}
