package io.ashlar.driver.throttle;

import io.ashlar.driver.throttle.ThrottleLimits.Kind;
import java.util.EnumMap;
import java.util.Map;

/** The buckets of one group; not thread-safe, the group's lock guards them. */
final class Buckets {
  private final ThrottleLimits limits;
  private final Map<Kind, LeakyBucket> buckets = new EnumMap<>(Kind.class);
  private long leakedAt;

  /** Empty buckets. */
  Buckets(ThrottleLimits limits, long now) {
    this.limits = limits;
    this.leakedAt = now;
    limits
        .limits()
        .forEach(
            (kind, limit) -> {
              if (limit.limits()) {
                buckets.put(kind, new LeakyBucket(limit));
              }
            });
  }

  /** Lets time pass up to {@code now}, in nanoseconds of the clock. */
  void leak(long now) {
    long passed = now - leakedAt;
    if (passed > 0) {
      leakedAt = now;
      buckets.values().forEach(bucket -> bucket.leak(passed));
    }
  }

  /** Nanoseconds until a request of that direction may go; 0 for at once. */
  long delay(Direction direction) {
    long longest = 0;
    for (Map.Entry<Kind, LeakyBucket> entry : buckets.entrySet()) {
      if (entry.getKey().covers(direction)) {
        longest = Math.max(longest, entry.getValue().delay());
      }
    }
    return longest;
  }

  /** Counts a request. */
  void charge(Direction direction, long bytes) {
    for (Map.Entry<Kind, LeakyBucket> entry : buckets.entrySet()) {
      if (entry.getKey().covers(direction)) {
        entry.getValue().pour(limits.units(entry.getKey(), bytes));
      }
    }
  }
}
