package io.ashlar.spi.system;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A few direct buffers of one size and alignment, lent for the time of a call. Taking one never
 * waits: when all are lent, a fresh one is made and left to the collector afterwards.
 */
public final class PooledBuffers {
  private final int size;
  private final int alignment;
  private final AtomicReferenceArray<ByteBuffer> idle;

  /**
   * A pool that is empty at first.
   *
   * @param size bytes of each buffer, a multiple of the alignment, more than 0
   * @param alignment bytes, a power of two that each buffer's address is a multiple of
   * @param kept how many idle buffers are kept at most
   */
  public PooledBuffers(int size, int alignment, int kept) {
    if (Integer.bitCount(alignment) != 1 || size < 1 || size % alignment != 0) {
      throw new IllegalArgumentException("no buffers of " + size + " bytes at " + alignment);
    }
    this.size = size;
    this.alignment = alignment;
    this.idle = new AtomicReferenceArray<>(kept);
  }

  /** The bytes of each buffer. */
  public int size() {
    return size;
  }

  /** A buffer of unknown content, position 0, limit {@link #size()}. */
  public ByteBuffer take() {
    for (int i = 0; i < idle.length(); i++) {
      if (idle.getPlain(i) != null) {
        ByteBuffer buffer = idle.getAndSet(i, null);
        if (buffer != null) {
          return buffer.clear();
        }
      }
    }
    ByteBuffer slice = ByteBuffer.allocateDirect(size + alignment).alignedSlice(alignment);
    // A fresh allocation may be aligned already, and then the slice is longer than asked.
    return slice.slice(0, size);
  }

  /** Gives a buffer back; the caller does not touch it any more. */
  public void give(ByteBuffer buffer) {
    for (int i = 0; i < idle.length(); i++) {
      if (idle.getPlain(i) == null && idle.compareAndSet(i, null, buffer)) {
        return;
      }
    }
  }
}
