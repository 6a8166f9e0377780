package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Two striped counters of writers, one for generations of even and one for those of odd number.
 * Each stripe is seen at zero by itself; a sum could read zero with a writer inside.
 */
final class WriterCounts {
  /** No limit. */
  static final long FOR_EVER = Long.MAX_VALUE;

  /** Stripes are numbered from 0 in this many bits. */
  static final int STRIPE_BITS = 4;

  private static final int STRIPES = 1 << STRIPE_BITS;
  private static final int PAD_SHIFT = 4;
  private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

  private final AtomicLongArray cells = new AtomicLongArray((2 * STRIPES + 1) << PAD_SHIFT);
  private final WaitLock lock;
  private final WaitCondition left;
  private volatile boolean awaited;

  WriterCounts(Waits waits) {
    lock = waits.newLock();
    left = lock.newCondition();
  }

  /** The stripe of the calling thread. */
  static int stripe() {
    return (int) (Thread.currentThread().getId() * GOLDEN >>> (Long.SIZE - STRIPE_BITS));
  }

  void enter(int parity, int stripe) {
    cells.getAndIncrement(cell(parity, stripe));
  }

  void leave(int parity, int stripe) {
    cells.getAndDecrement(cell(parity, stripe));
    if (awaited) {
      wake();
    }
  }

  /**
   * Waits until the writers that were in one counter have left; false when time is up. One caller
   * at a time.
   */
  boolean awaitZero(int parity, long nanos) {
    lock.lock();
    try {
      awaited = true;
      long rest = nanos;
      int next = 0;
      while (true) {
        while (next < STRIPES && cells.get(cell(parity, next)) == 0) {
          next++;
        }
        if (next == STRIPES) {
          return true;
        }
        if (nanos == FOR_EVER) {
          left.await();
        } else if (rest <= 0) {
          return false;
        } else {
          rest = left.awaitNanos(rest);
        }
      }
    } finally {
      awaited = false;
      lock.unlock();
    }
  }

  /** Writers inside, for display. */
  long inside() {
    long sum = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      sum += cells.get(cell(0, stripe)) + cells.get(cell(1, stripe));
    }
    return sum;
  }

  private void wake() {
    lock.lock();
    try {
      left.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static int cell(int parity, int stripe) {
    return (stripe * 2 + parity + 1) << PAD_SHIFT;
  }
}
