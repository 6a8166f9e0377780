package io.ashlar.driver.qcow2;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A few direct buffers of one cluster each, for clusters that are put together from old and new
 * bytes; more than that are made and dropped. Thread-safe, never waits.
 */
final class Buffers {
  private static final int KEPT_BYTES = 4 << 20;
  private static final int MOST_KEPT = 16;
  private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(1 << 16).asReadOnlyBuffer();

  private final int size;
  private final AtomicReferenceArray<ByteBuffer> kept;

  Buffers(int size) {
    this.size = size;
    this.kept = new AtomicReferenceArray<>(Math.max(1, Math.min(MOST_KEPT, KEPT_BYTES / size)));
  }

  /** A buffer of one cluster, of any content, position 0 and limit at its end. */
  ByteBuffer take() {
    for (int i = 0; i < kept.length(); i++) {
      ByteBuffer buffer = kept.getPlain(i) == null ? null : kept.getAndSet(i, null);
      if (buffer != null) {
        return buffer.clear();
      }
    }
    return ByteBuffer.allocateDirect(size);
  }

  /** Gives a buffer back. */
  void give(ByteBuffer buffer) {
    for (int i = 0; i < kept.length(); i++) {
      if (kept.compareAndSet(i, null, buffer)) {
        return;
      }
    }
  }

  /** Puts that many zero bytes. */
  static void zero(ByteBuffer target, int count) {
    int position = target.position();
    for (int done = 0; done < count; ) {
      int part = Math.min(count - done, ZEROES.capacity());
      target.put(position + done, ZEROES, 0, part);
      done += part;
    }
    target.position(position + count);
  }

  /**
   * The next bytes of a buffer as a buffer to hand on: the buffer itself when that is all of it, so
   * that the common case makes no object.
   */
  static ByteBuffer part(ByteBuffer buffer, int count) {
    return count == buffer.remaining() ? buffer : buffer.slice(buffer.position(), count);
  }
}
