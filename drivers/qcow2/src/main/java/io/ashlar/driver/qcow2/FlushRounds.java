package io.ashlar.driver.qcow2;

import io.ashlar.spi.Waits;

/**
 * Flushes at the same time share one round: a caller is covered by a round that began after its
 * call, and at most one round runs. When a round fails, those who came while it ran are told too,
 * for the storage reports a lost write only once and theirs may have been it.
 */
final class FlushRounds {
  /** One round and those who wait for it. */
  private static final class Round {
    private boolean awaited;
    private boolean done;
    private RuntimeException error;
  }

  private final Waits.WaitLock lock;
  private final Waits.WaitCondition ended;
  private final Runnable body;
  private Round next = new Round();
  private boolean running;

  /**
   * Rounds.
   *
   * @param body writes back and syncs; throws when something is not durable
   */
  FlushRounds(Waits waits, Runnable body) {
    this.lock = waits.newLock();
    this.ended = lock.newCondition();
    this.body = body;
  }

  /** Returns when a whole round has passed, with its failure if it failed. */
  void flush() {
    Round mine;
    lock.lock();
    try {
      mine = next;
      mine.awaited = true;
      while (running && !mine.done) {
        ended.await();
      }
      if (mine.done) {
        if (mine.error != null) {
          throw mine.error;
        }
        return;
      }
      running = true;
      next = new Round();
    } finally {
      lock.unlock();
    }
    lead(mine);
  }

  /** Runs something while no round runs. */
  void between(Runnable action) {
    lock.lock();
    try {
      while (running) {
        ended.await();
      }
      running = true;
    } finally {
      lock.unlock();
    }
    try {
      action.run();
    } finally {
      end();
    }
  }

  private void lead(Round mine) {
    RuntimeException failure = null;
    boolean returned = false;
    try {
      body.run();
      returned = true;
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    } finally {
      lock.lock();
      try {
        mine.done = true;
        if (!returned && failure == null) {
          failure = new IllegalStateException("a flush died");
        }
        mine.error = mine.error != null ? mine.error : failure;
        if (failure != null && next.awaited) {
          next.error = failure;
        }
      } finally {
        lock.unlock();
      }
      end();
    }
    if (mine.error != null) {
      throw mine.error;
    }
  }

  private void end() {
    lock.lock();
    try {
      running = false;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
