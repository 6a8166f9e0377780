package io.ashlar.engine.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts requests by the power of two of microseconds that they took; striped, so that callers do
 * not meet.
 */
final class LatencyHistogram {
  private static final int BUCKETS = 26;
  private static final int STRIPES = 8;
  private static final int STRIPE_LENGTH = 32;
  private static final int NANOS_PER_MICRO = 1000;

  private final AtomicLongArray counts = new AtomicLongArray(STRIPES * STRIPE_LENGTH);

  /** A request took that long. */
  void record(long nanos) {
    long micros = Math.max(0, nanos) / NANOS_PER_MICRO;
    int bucket = Math.min(BUCKETS - 1, Long.SIZE - Long.numberOfLeadingZeros(micros));
    int stripe = (int) Thread.currentThread().getId() & (STRIPES - 1);
    counts.getAndIncrement(stripe * STRIPE_LENGTH + bucket);
  }

  /** Requests under 1 us, 2 us, 4 us ..., the last entry all longer ones. */
  List<Long> snapshot() {
    List<Long> sums = new ArrayList<>(BUCKETS);
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      long sum = 0;
      for (int stripe = 0; stripe < STRIPES; stripe++) {
        sum += counts.get(stripe * STRIPE_LENGTH + bucket);
      }
      sums.add(sum);
    }
    return sums;
  }
}
