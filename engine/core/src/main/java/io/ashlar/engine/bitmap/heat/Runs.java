package io.ashlar.engine.bitmap.heat;

import java.util.Arrays;
import java.util.BitSet;

/**
 * A few regions in ascending order, neighbours together. A bit set would be as long as the disk.
 */
final class Runs {
  private int[] bounds = new int[2];
  private int used;

  /** One more, behind all others. */
  void add(int region) {
    if (used > 0 && bounds[used - 1] == region) {
      bounds[used - 1] = region + 1;
      return;
    }
    if (used == bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * used);
    }
    bounds[used++] = region;
    bounds[used++] = region + 1;
  }

  boolean isEmpty() {
    return used == 0;
  }

  int count() {
    return used / 2;
  }

  int from(int run) {
    return bounds[2 * run];
  }

  /** Behind the last one. */
  int to(int run) {
    return bounds[2 * run + 1];
  }

  /** How many regions. */
  int size() {
    int size = 0;
    for (int run = 0; run < count(); run++) {
      size += to(run) - from(run);
    }
    return size;
  }

  static Runs of(BitSet set) {
    Runs runs = new Runs();
    set.stream().forEach(runs::add);
    return runs;
  }
}
