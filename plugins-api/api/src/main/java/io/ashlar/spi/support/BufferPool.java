package io.ashlar.spi.support;

import io.ashlar.spi.Waits;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A bounded pool of direct buffers of one size for copies inside a driver. Whoever finds all
 * buffers lent waits for one to come back, so a holder must not wait for anything that another
 * borrower may hold, range locks above all: take locks first, then a buffer.
 */
public final class BufferPool {
  private final Waits.WaitLock lock;
  private final Waits.WaitCondition returned;
  private final int bufferSize;
  private final Deque<ByteBuffer> idle = new ArrayDeque<>();
  private int notYetMade;

  /**
   * An empty pool; buffers are made on demand and kept.
   *
   * @param bufferSize bytes of each buffer, at least 1
   * @param most how many buffers there may ever be, at least 1
   */
  public BufferPool(Waits waits, int bufferSize, int most) {
    if (bufferSize < 1 || most < 1) {
      throw new IllegalArgumentException("a pool needs a buffer of at least one byte");
    }
    this.lock = waits.newLock();
    this.returned = lock.newCondition();
    this.bufferSize = bufferSize;
    this.notYetMade = most;
  }

  /** Bytes of each buffer. */
  public int bufferSize() {
    return bufferSize;
  }

  /** A cleared buffer of unknown content; waits while all are lent. */
  public ByteBuffer take() {
    lock.lock();
    try {
      while (idle.isEmpty() && notYetMade == 0) {
        returned.await();
      }
      if (!idle.isEmpty()) {
        return idle.pop().clear();
      }
      notYetMade--;
    } finally {
      lock.unlock();
    }
    return make();
  }

  /** Gives back what {@link #take} lent; the caller does not touch it any more. */
  public void giveBack(ByteBuffer buffer) {
    lock.lock();
    try {
      idle.push(buffer);
      returned.signal();
    } finally {
      lock.unlock();
    }
  }

  private ByteBuffer make() {
    try {
      return ByteBuffer.allocateDirect(bufferSize);
    } catch (OutOfMemoryError e) {
      // The place in the pool is not lost with the failed allocation.
      lock.lock();
      try {
        notYetMade++;
        returned.signal();
      } finally {
        lock.unlock();
      }
      throw e;
    }
  }
}
