package io.ashlar.engine.journal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link BinaryOut} wrote. Lengths are believed only as far as there are bytes, so that
 * nothing read here takes more memory than it has bytes.
 */
final class BinaryIn {
  private final ByteBuffer source;

  BinaryIn(ByteBuffer source) {
    this.source = source.slice();
  }

  int u8() {
    return need(1).get() & 0xff;
  }

  boolean flag() {
    int value = u8();
    if (value > 1) {
      throw new UnreadableEventException("a truth value is " + value);
    }
    return value == 1;
  }

  int u16() {
    return need(2).getShort() & 0xffff;
  }

  int i32() {
    return need(Integer.BYTES).getInt();
  }

  long i64() {
    return need(Long.BYTES).getLong();
  }

  String text() {
    int length = u16();
    if (length > BinaryOut.MAX_TEXT) {
      throw new UnreadableEventException("a text of " + length + " bytes is too long");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(take(length)).toString();
    } catch (CharacterCodingException e) {
      throw new UnreadableEventException("a text is no UTF-8");
    }
  }

  ByteBuffer block() {
    return take(i32());
  }

  <E extends Enum<E>> E word(E[] values) {
    int index = u8();
    if (index >= values.length) {
      throw new UnreadableEventException(
          index + " stands for no " + values[0].getDeclaringClass().getSimpleName());
    }
    return values[index];
  }

  void end() {
    if (source.hasRemaining()) {
      throw new UnreadableEventException(source.remaining() + " bytes are left over");
    }
  }

  private ByteBuffer take(int length) {
    if (length < 0) {
      throw new UnreadableEventException("a length is negative");
    }
    need(length);
    ByteBuffer part = source.slice(source.position(), length);
    source.position(source.position() + length);
    return part;
  }

  private ByteBuffer need(int bytes) {
    if (source.remaining() < bytes) {
      throw new UnreadableEventException("it ends too early", new BufferUnderflowException());
    }
    return source;
  }
}
