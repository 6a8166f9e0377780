package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Which subsets of the pending changes are tried. */
final class Choices {
  private final SplittableRandom random;
  private final int unit;

  /**
   * For one workload.
   *
   * @param unit sectors that a disk writes together or not at all
   */
  Choices(SplittableRandom random, int unit) {
    this.random = random;
    this.unit = unit;
  }

  /** How many there are for so many pending changes. */
  static long count(int pending, Explorer.Depth depth) {
    if (pending <= depth.allSubsets()) {
      return (1L << pending) + depth.samples();
    }
    return 3L * pending + 1 + pairs(pending, depth.many()) + depth.many();
  }

  private static long pairs(int pending, int most) {
    return Math.min(most, pending * (pending - 1L) / 2);
  }

  /** All of a moment: every subset of a few changes, and of many those that differ most. */
  List<Choice> of(List<Change> pending, Explorer.Depth depth) {
    int count = pending.size();
    if (count <= depth.allSubsets()) {
      return all(pending, depth.samples());
    }
    List<Choice> found = new ArrayList<>();
    Choice whole = Choice.all(count);
    for (int i = 0; i <= count; i++) {
      found.add(Choice.all(i));
    }
    for (int i = 0; i < count; i++) {
      found.add(whole.without(i));
      found.add(Choice.mask(0).with(i));
    }
    pairs(count, depth.many(), found);
    samples(pending, depth.many(), found);
    return found;
  }

  /** Every subset, and some with torn changes. */
  List<Choice> all(List<Change> pending, int samples) {
    List<Choice> found = new ArrayList<>();
    for (long mask = 0; mask < 1L << pending.size(); mask++) {
      found.add(Choice.mask(mask));
    }
    samples(pending, samples, found);
    return found;
  }

  /** Two changes missing: every two, or some of them when they are too many. */
  private void pairs(int count, int most, List<Choice> found) {
    Choice whole = Choice.all(count);
    if (pairs(count, most) < most) {
      for (int i = 0; i < count; i++) {
        for (int j = i + 1; j < count; j++) {
          found.add(whole.without(i).without(j));
        }
      }
      return;
    }
    for (int i = 0; i < most; i++) {
      int first = random.nextInt(count);
      found.add(whole.without(first).without((first + 1 + random.nextInt(count - 1)) % count));
    }
  }

  private void samples(List<Change> pending, int samples, List<Choice> found) {
    for (int i = 0; i < samples && !pending.isEmpty(); i++) {
      found.add(torn(pending));
    }
  }

  private Choice torn(List<Change> pending) {
    BitSet kept = new BitSet();
    BitSet rubbish = new BitSet();
    Map<Integer, BitSet> torn = new HashMap<>();
    for (int i = 0; i < pending.size(); i++) {
      if (random.nextBoolean()) {
        kept.set(i);
        Change change = pending.get(i);
        if (change.sectors() > 1 && random.nextBoolean()) {
          torn.put(i, some(change));
        }
        rubbish.set(i, change instanceof Change.Hole && random.nextBoolean());
      }
    }
    return new Choice(kept, torn, rubbish);
  }

  /** Some sectors of a change: those of one unit all or none. */
  private BitSet some(Change change) {
    BitSet some = new BitSet();
    boolean keep = false;
    for (int s = 0; s < change.sectors(); s++) {
      if (s == 0 || (change.firstSector() + s) % unit == 0) {
        keep = random.nextBoolean();
      }
      some.set(s, keep);
    }
    return some;
  }
}
