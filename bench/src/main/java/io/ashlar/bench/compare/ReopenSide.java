package io.ashlar.bench.compare;

import java.nio.ByteBuffer;

/** One of those who are compared: an image that is open read-write, and its guest. */
interface ReopenSide extends AutoCloseable {
  /** Bytes that the guest writes in a cycle. */
  int PAGE = 4096;

  /**
   * One write of the guest, then read-only, then read-write again.
   *
   * @return nanoseconds that count
   */
  long cycle(long place);

  @Override
  void close();

  /** What the guest writes. */
  static ByteBuffer page() {
    ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    while (page.hasRemaining()) {
      page.put((byte) 0x5a);
    }
    return page.flip();
  }
}
