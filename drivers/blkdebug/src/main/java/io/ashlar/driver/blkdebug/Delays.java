package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;

/** The waits of one node; they end early when the node is drained or told to cancel. */
final class Delays {
  private final Clock clock;
  private final Waits.WaitLock lock;
  private final Waits.WaitCondition changed;
  private int drains;
  private long cancels;

  Delays(Waits waits, Clock clock) {
    this.clock = clock;
    this.lock = waits.newLock();
    this.changed = lock.newCondition();
  }

  /**
   * Waits that long, or until a drain begins.
   *
   * @throws BlockException CANCELLED when {@link #cancel} was called meanwhile
   */
  void await(String nodeName, long nanos) {
    long begin = clock.nanoTime();
    lock.lock();
    try {
      long cancelsBefore = cancels;
      for (long left = nanos; left > 0 && drains == 0; left = nanos - (clock.nanoTime() - begin)) {
        changed.awaitNanos(left);
        if (cancels != cancelsBefore) {
          throw new BlockException(
              ErrorCode.CANCELLED, "a delayed request of node '" + nodeName + "' was cancelled");
        }
      }
    } finally {
      lock.unlock();
    }
  }

  void drainBegin() {
    lock.lock();
    try {
      drains++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void drainEnd() {
    lock.lock();
    try {
      drains--;
    } finally {
      lock.unlock();
    }
  }

  void cancel() {
    lock.lock();
    try {
      cancels++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
