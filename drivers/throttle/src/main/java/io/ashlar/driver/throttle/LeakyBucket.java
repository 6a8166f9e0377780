package io.ashlar.driver.throttle;

/**
 * A bucket that leaks at the allowed rate. Each request pours its units in; the next one waits
 * while the bucket stands above its mark. Without bursts the mark is a tenth of a second of the
 * average, as in QEMU; with bursts it is what a whole burst brings, and a second, small bucket that
 * leaks at the burst's rate keeps the burst itself in bounds. A request is never cut: one larger
 * than the mark goes through an empty bucket and the following ones pay for it.
 *
 * <p>Not thread-safe; the group's lock guards it.
 */
final class LeakyBucket {
  private static final double SECOND = 1e9;
  private static final double SHORT_TERM = 0.1;

  private final double rate;
  private final double mark;
  private final double burstRate;
  private final double burstMark;
  private double level;
  private double burstLevel;

  LeakyBucket(Limit limit) {
    rate = limit.average();
    boolean bursts = limit.burst() > 0;
    mark = bursts ? (double) limit.burst() * limit.burstSeconds() : rate * SHORT_TERM;
    burstRate = bursts && limit.burstSeconds() > 1 ? limit.burst() : 0;
    burstMark = burstRate * SHORT_TERM;
  }

  void leak(long nanos) {
    level = Math.max(0, level - rate * nanos / SECOND);
    burstLevel = Math.max(0, burstLevel - burstRate * nanos / SECOND);
  }

  void pour(double units) {
    level += units;
    if (burstRate > 0) {
      burstLevel += units;
    }
  }

  /** Nanoseconds until the next request may go; 0 for at once. */
  long delay() {
    double seconds = Math.max(0, (level - mark) / rate);
    if (burstRate > 0) {
      seconds = Math.max(seconds, (burstLevel - burstMark) / burstRate);
    }
    return (long) Math.ceil(seconds * SECOND);
  }
}
