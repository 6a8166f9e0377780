package io.ashlar.engine.job;

import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job.Status;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;
import java.util.function.Consumer;

/** The state of a job under its lock, and how it goes from one to the next. */
class JobState {
  final WaitLock lock;
  final WaitCondition changed;
  final Outbox outbox = new Outbox();
  private final String id;
  private final Consumer<Event> events;

  // Under the lock.
  final Steps steps = new Steps();
  boolean ending;
  BlockException error;

  /** Changed under the lock, read anywhere. */
  volatile Status status = Status.CREATED;

  /**
   * A job that does not run yet.
   *
   * @param speed bytes a second, 0 for no limit
   */
  JobState(String id, long speed, Waits waits, Consumer<Event> events) {
    this.id = id;
    this.events = events;
    lock = waits.newLock();
    changed = lock.newCondition();
    steps.limit(speed);
  }

  /** An error, the first one counts: all steps stop. */
  void stop(BlockException failure) {
    if (error != null || status == Status.CONCLUDED) {
      return;
    }
    error = failure;
    unpause();
    become(Status.ABORTING);
    changed.signalAll();
  }

  /** A pause ends, or is not wanted any more. */
  void unpause() {
    if (!steps.pauseWanted()) {
      return;
    }
    steps.resume(outbox);
    if (status == Status.PAUSED) {
      become(Status.RUNNING);
    }
    changed.signalAll();
  }

  /** A pause that is wanted is complete when no step runs. */
  void pausedIfIdle() {
    if (!steps.quiet() || status == Status.CREATED) {
      return;
    }
    if (status == Status.RUNNING) {
      become(Status.PAUSED);
    }
    steps.paused(outbox);
  }

  /** Another state, announced after the lock was left. */
  void become(Status next) {
    status = next;
    outbox.add(() -> events.accept(new Event.JobStatusChanged(id, next)));
  }

  /**
   * Refuses what is of no use at the end.
   *
   * @throws BlockException JOB_STATE
   */
  void requireUnfinished(String what) {
    if (ending || error != null || status == Status.CONCLUDED) {
      throw wrongState(what);
    }
  }

  /** JOB_STATE: it is too late for that. */
  BlockException wrongState(String what) {
    return new BlockException(
        ErrorCode.JOB_STATE, "job '" + id + "' has ended or is about to, and cannot " + what);
  }

  /** Makes a change under the lock, and the calls that it asks for after it. */
  void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
    outbox.drain();
  }
}
