package io.ashlar.spi.support;

import java.nio.ByteBuffer;

/** Finding out whether bytes are all zero. */
public final class Zeroes {
  private static final ByteBuffer SOME = ByteBuffer.allocateDirect(65536).asReadOnlyBuffer();

  private Zeroes() {}

  /** Whether all that remains in the buffer is zero, vacuously true for nothing; moves nothing. */
  public static boolean fill(ByteBuffer buffer) {
    int end = buffer.limit();
    for (int from = buffer.position(); from < end; ) {
      int step = Math.min(end - from, SOME.capacity());
      // Slices, not the buffers themselves: other threads compare with SOME at the same time.
      if (buffer.slice(from, step).mismatch(SOME.slice(0, step)) >= 0) {
        return false;
      }
      from += step;
    }
    return true;
  }
}
