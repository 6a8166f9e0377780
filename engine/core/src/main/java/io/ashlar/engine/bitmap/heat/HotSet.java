package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.journal.ImageRecords;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.BitSet;

/**
 * The regions that are hot in one epoch. Two bits a region, side by side: hot, which is durable and
 * stays, and touched, which means written in this epoch and is for the next capture to know.
 * Thread-safe without a lock.
 */
public final class HotSet {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int WORD_SHIFT = 5;
  private static final int IN_WORD = (1 << WORD_SHIFT) - 1;
  private static final long HOT = 1;
  private static final long TOUCHED = 2;
  private static final long BOTH = HOT | TOUCHED;

  private final ImageRecords journal;
  private final long epoch;
  private final Regions regions;
  private final BitSet carried;
  private final BitSet touchedBefore;
  private final int last;
  private final long[] words;

  /**
   * A set.
   *
   * @param journal what makes heats durable
   * @param carried hot from the beginning; never changed
   * @param touchedBefore written in the epoch before; never changed
   */
  HotSet(ImageRecords journal, long epoch, Regions regions, BitSet carried, BitSet touchedBefore) {
    this.journal = journal;
    this.epoch = epoch;
    this.regions = regions;
    this.carried = carried;
    this.touchedBefore = touchedBefore;
    this.last = regions.count() - 1;
    this.words = new long[(regions.count() + IN_WORD) >>> WORD_SHIFT];
    carried.stream().forEach(region -> set(region, HOT));
  }

  ImageRecords journal() {
    return journal;
  }

  long epoch() {
    return epoch;
  }

  Regions regions() {
    return regions;
  }

  /** Regions that were hot from the beginning. */
  BitSet carried() {
    return carried;
  }

  /** The region of a byte, the last one for those behind the end. */
  int region(long offset) {
    return regions.of(offset, last);
  }

  boolean touched(int region) {
    return (state(region) & BOTH) == BOTH;
  }

  boolean hot(int region) {
    return (state(region) & HOT) != 0;
  }

  private long state(int region) {
    return (long) WORD.getVolatile(words, region >>> WORD_SHIFT) >>> ((region & IN_WORD) << 1);
  }

  private void set(int region, long bits) {
    WORD.getAndBitwiseOr(words, region >>> WORD_SHIFT, bits << ((region & IN_WORD) << 1));
  }

  /** These are hot, and that is durable. */
  void mark(Runs durable) {
    for (int run = 0; run < durable.count(); run++) {
      for (int region = durable.from(run); region < durable.to(run); region++) {
        set(region, HOT);
      }
    }
  }

  /** A write goes there; false when one did before. */
  boolean touch(int region) {
    if ((state(region) & TOUCHED) != 0) {
      return false;
    }
    set(region, TOUCHED);
    return true;
  }

  /** Those of a range that are not hot. */
  Runs cold(int from, int to) {
    Runs cold = new Runs();
    for (int region = from; region <= Math.min(to, last); region++) {
      if (!hot(region)) {
        cold.add(region);
      }
    }
    return cold;
  }

  /** All that are hot at this moment. */
  BitSet allHot() {
    return all(HOT);
  }

  /** All that were written in this epoch and the one before, and are hot. */
  BitSet recentlyWritten() {
    BitSet recent = all(BOTH);
    BitSet before = (BitSet) touchedBefore.clone();
    before.and(allHot());
    recent.or(before);
    return recent;
  }

  /** All that were written in this epoch. */
  BitSet written() {
    return all(BOTH);
  }

  private BitSet all(long bits) {
    BitSet found = new BitSet(last + 1);
    for (int word = 0; word < words.length; word++) {
      if ((long) WORD.getVolatile(words, word) != 0) {
        int end = Math.min(last, (word << WORD_SHIFT) + IN_WORD);
        for (int region = word << WORD_SHIFT; region <= end; region++) {
          if ((state(region) & bits) == bits) {
            found.set(region);
          }
        }
      }
    }
    return found;
  }
}
