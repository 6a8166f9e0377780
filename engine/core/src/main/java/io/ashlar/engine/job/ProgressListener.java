package io.ashlar.engine.job;

import io.ashlar.engine.api.Job.Progress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Somebody who wants to hear of a job's progress now and then, on an executor of his own. */
final class ProgressListener {
  private static final Logger LOG = LoggerFactory.getLogger("io.ashlar.engine.jobs");

  private final String job;
  private final long every;
  private final Executor executor;
  private final Consumer<Progress> listener;
  private final AtomicLong last;

  /**
   * A listener that counts from now.
   *
   * @param every least time between two calls, but for the one at the end
   */
  ProgressListener(
      String job, Duration every, long now, Executor executor, Consumer<Progress> listener) {
    this.job = job;
    this.every = every.toNanos();
    this.executor = executor;
    this.listener = listener;
    this.last = new AtomicLong(now);
  }

  /** Whether it is time to tell; true for one caller only. */
  boolean due(long now) {
    long before = last.get();
    return now - before >= every && last.compareAndSet(before, now);
  }

  /** Tells; a listener that fails, or an executor that refuses, is logged and does no harm. */
  void tell(Progress progress) {
    try {
      executor.execute(() -> call(progress));
    } catch (RuntimeException e) {
      LOG.warn("the executor of a listener of job '{}' refused a call", job, e);
    }
  }

  private void call(Progress progress) {
    try {
      listener.accept(progress);
    } catch (RuntimeException e) {
      LOG.warn("a listener of job '{}' failed", job, e);
    }
  }
}
