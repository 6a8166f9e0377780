package io.ashlar.spi;

/** Time, injected so that tests can hold it. */
public interface Clock {
  /** Nanoseconds since an arbitrary point; never goes back. */
  long nanoTime();

  /** Milliseconds since 1970-01-01 UTC. */
  long currentTimeMillis();
}
