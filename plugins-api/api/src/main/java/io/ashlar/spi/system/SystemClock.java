package io.ashlar.spi.system;

import io.ashlar.spi.Clock;

/** The machine's clocks. */
public final class SystemClock implements Clock {
  /** The one instance. */
  public static final SystemClock INSTANCE = new SystemClock();

  private SystemClock() {}

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return System.currentTimeMillis();
  }
}
