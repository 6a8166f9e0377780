package io.ashlar.engine.graph;

import java.nio.ByteBuffer;

/** Looks for plain zeroes, eight bytes at a time. */
final class Zeroes {
  private Zeroes() {}

  /** Whether what remains in the buffer is zero bytes only; moves nothing. */
  static boolean only(ByteBuffer buffer) {
    int i = buffer.position();
    int end = buffer.limit();
    for (; i + Long.BYTES <= end; i += Long.BYTES) {
      if (buffer.getLong(i) != 0) {
        return false;
      }
    }
    for (; i < end; i++) {
      if (buffer.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
