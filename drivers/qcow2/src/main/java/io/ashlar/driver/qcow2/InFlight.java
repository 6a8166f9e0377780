package io.ashlar.driver.qcow2;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Knows when every request that was in flight at some moment has left: two sets of striped
 * counters, of which one is in use (protocols 7). A request counts itself in and out on the same
 * stripe, so that no sum can read zero while one is inside. Never waits.
 */
final class InFlight {
  private static final int STRIPES = 16;
  private static final int APART = 16; // longs between counters, so that no two share a cache line

  private final AtomicLongArray counters = new AtomicLongArray((2 * STRIPES + 2) * APART);
  private volatile int phase;

  /** Counts a request in; the result goes to {@link #leave}. */
  int enter() {
    int stripe = (int) Thread.currentThread().getId() & (STRIPES - 1);
    while (true) {
      int seen = phase;
      int counter = index(seen, stripe);
      counters.getAndIncrement(counter);
      if (phase == seen) {
        return counter;
      }
      counters.getAndDecrement(counter);
    }
  }

  /** Counts a request out. */
  void leave(int counter) {
    counters.getAndDecrement(counter);
  }

  /**
   * Sends new requests to the other counters.
   *
   * @return the phase that ends; it is over when {@link #empty} says so. The next flip may come
   *     only then.
   */
  int flip() {
    int old = phase;
    phase = 1 - old;
    return old;
  }

  /** Whether all requests of an ended phase have left. */
  boolean empty(int ended) {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      if (counters.get(index(ended, stripe)) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Who may be inside now, for {@link #haveLeft}. */
  BitSet inside() {
    BitSet counters = new BitSet();
    counters.set(0, 2 * STRIPES);
    return counters;
  }

  /**
   * Whether everybody has left who was inside when {@code before} was taken. Remembers in it who
   * has, so that those who come in between do not matter.
   */
  boolean haveLeft(BitSet before) {
    for (int i = before.nextSetBit(0); i >= 0; i = before.nextSetBit(i + 1)) {
      if (counters.get(index(i / STRIPES, i % STRIPES)) == 0) {
        before.clear(i);
      }
    }
    return before.isEmpty();
  }

  private static int index(int phase, int stripe) {
    return (1 + phase * STRIPES + stripe) * APART;
  }
}
