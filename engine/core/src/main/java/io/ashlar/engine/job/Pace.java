package io.ashlar.engine.job;

/**
 * A speed limit. A step may start when the bytes of the steps before it have taken their time; so
 * one step starts at once, whatever its size. Not thread-safe.
 */
final class Pace {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** A wait that can be added to any time. */
  private static final double LONGEST = 0x1p61;

  private long bytesPerSecond;
  private long next;
  private boolean started;

  /** Another limit, 0 for none; what was done before does not count any more. */
  void limit(long value) {
    bytesPerSecond = value;
    started = false;
  }

  /** Nanoseconds until a step may start; 0 or less for now. */
  long waitAt(long now) {
    return bytesPerSecond == 0 || !started ? 0 : next - now;
  }

  /** A step of that many bytes starts. */
  void charge(long now, long bytes) {
    if (bytesPerSecond == 0) {
      return;
    }
    long from = started && next - now > 0 ? next : now;
    // In floating point: bytes times a billion passes the largest long.
    next = from + (long) Math.min(LONGEST, (double) bytes * NANOS_PER_SECOND / bytesPerSecond);
    started = true;
  }
}
