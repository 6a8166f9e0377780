package io.ashlar.driver.qcow2;

import io.ashlar.spi.Clock;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets metadata leave memory that was not used for a while ({@code cache-clean-interval}). It has
 * no thread of its own: callers come by when they read or flush tables, so an idle node keeps what
 * it has until then.
 */
final class CacheCleaner {
  private final Clock clock;
  private final Runnable drop;
  private final AtomicLong last;

  /**
   * A cleaner.
   *
   * @param drop lets go of what was not used since the last time
   */
  CacheCleaner(Clock clock, Runnable drop) {
    this.clock = clock;
    this.drop = drop;
    this.last = new AtomicLong(clock.nanoTime());
  }

  /** Cleans when that many nanoseconds have passed since the last time; never for 0. */
  void comeBy(long interval) {
    if (interval == 0) {
      return;
    }
    long before = last.get();
    long now = clock.nanoTime();
    if (now - before >= interval && last.compareAndSet(before, now)) {
      drop.run();
    }
  }
}
