package io.ashlar.engine.journal;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;

/**
 * Something that an actor will say to a thread that waits, once. The first word counts.
 *
 * @param <T> what it is
 */
final class Answer<T> {
  private final WaitLock lock;
  private final WaitCondition given;

  /** Under the lock. */
  private T value;

  private BlockException error;
  private boolean done;

  Answer(Waits waits) {
    lock = waits.newLock();
    given = lock.newCondition();
  }

  /** False when something else was said before. */
  boolean give(T answer) {
    return settle(() -> value = answer);
  }

  /** The same. */
  boolean fail(BlockException reason) {
    return settle(() -> error = reason);
  }

  private boolean settle(Runnable what) {
    lock.lock();
    try {
      if (done) {
        return false;
      }
      what.run();
      done = true;
      given.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for it, at most that long.
   *
   * @throws BlockException TIMED_OUT when nothing was said; whatever was said instead of an answer
   */
  T await(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (!done && left > 0) {
        left = given.awaitNanos(left);
      }
      if (!done) {
        throw new BlockException(
            ErrorCode.TIMED_OUT, "the journal did not answer within " + nanos / 1_000_000 + " ms");
      }
      if (error != null) {
        throw error;
      }
      return value;
    } finally {
      lock.unlock();
    }
  }
}
