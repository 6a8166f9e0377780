package io.ashlar.spi.contract;

import io.ashlar.spi.Clock;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until a test moves it. */
public final class ManualClock implements Clock {
  private static final long START_MILLIS = 1_700_000_000_000L;

  private final AtomicLong nanos = new AtomicLong();

  /** Moves the clock forward. */
  public void advance(long byNanos) {
    if (byNanos < 0) {
      throw new IllegalArgumentException("a clock never goes back");
    }
    nanos.addAndGet(byNanos);
  }

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public long currentTimeMillis() {
    return START_MILLIS + nanos.get() / 1_000_000;
  }
}
