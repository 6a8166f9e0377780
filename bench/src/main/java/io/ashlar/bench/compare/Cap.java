package io.ashlar.bench.compare;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much work the machine gives at this moment: two busy threads against one. A virtual machine
 * of two cores may deliver anything between 1.0 and 2.0.
 */
final class Cap {
  private static final double SECONDS = 0.25;
  private static final int ROUNDS = 5;

  private Cap() {}

  /** Work of two threads divided by the work of one, the median of a few interleaved runs. */
  static double measure() {
    AtomicLong sink = new AtomicLong();
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      double one = spin(1, sink);
      ratios[i] = spin(2, sink) / one;
    }
    return Result.median(ratios);
  }

  private static double spin(int threads, AtomicLong sink) {
    return Callers.rate(
        threads,
        SECONDS,
        caller ->
            index -> {
              long x = index | 1;
              for (int i = 0; i < 500; i++) {
                x ^= x << 13;
                x ^= x >>> 7;
                x ^= x << 17;
              }
              if (x == 0) { // never, but the compiler cannot know
                sink.incrementAndGet();
              }
            });
  }
}
