package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.journal.ImageRecords;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.BitSet;

/**
 * The regions that are hot in one epoch. Two bits a region, side by side: hot, which is durable and
 * stays, and touched, which means written in this interval and is for captures to know. Thread-safe
 * without a lock.
 */
public final class HotSet implements Streams.Entered {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int WORD_SHIFT = 5;
  private static final int IN_WORD = (1 << WORD_SHIFT) - 1;
  private static final long HOT = 1;
  private static final long TOUCHED = 2;
  private static final long BOTH = HOT | TOUCHED;
  private static final long ALL_TOUCHED = 0xAAAA_AAAA_AAAA_AAAAL;

  private final ImageRecords journal;
  private final long epoch;
  private final Regions regions;
  private final BitSet carried;
  private final int last;
  private final long[] words;

  /** Of the interval before; the controller's. */
  private BitSet touchedBefore;

  /**
   * A set.
   *
   * @param journal what makes heats durable
   * @param carried hot from the beginning; never changed
   */
  HotSet(ImageRecords journal, long epoch, Regions regions, BitSet carried) {
    this.journal = journal;
    this.epoch = epoch;
    this.regions = regions;
    this.carried = carried;
    this.last = regions.count() - 1;
    this.words = new long[(regions.count() + IN_WORD) >>> WORD_SHIFT];
    this.touchedBefore = new BitSet();
    carried.stream().forEach(region -> set(region, HOT));
  }

  /** The set of the next epoch, in the same interval. */
  HotSet next(long nextEpoch, BitSet stay) {
    HotSet next = new HotSet(journal, nextEpoch, regions, stay);
    next.touchedBefore = touchedBefore;
    written().stream().filter(stay::get).forEach(region -> next.set(region, TOUCHED));
    return next;
  }

  /** The next interval begins: what was written in this one is what was written before. */
  void turn() {
    BitSet now = written();
    for (int word = 0; word < words.length; word++) {
      if ((long) WORD.getVolatile(words, word) != 0) {
        WORD.getAndBitwiseAnd(words, word, ~ALL_TOUCHED);
      }
    }
    touchedBefore = now;
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

  /** A write comes there; false when one did before. */
  boolean touch(int region) {
    if ((state(region) & TOUCHED) != 0) {
      return false;
    }
    set(region, TOUCHED);
    return true;
  }

  /** Whether a write came there in this epoch; it may still wait for the region to be hot. */
  @Override
  public boolean entered(int region) {
    return (state(region) & TOUCHED) != 0;
  }

  /** Adds those of a range that are not hot. */
  void addCold(Runs cold, int from, int to) {
    for (int region = from; region <= Math.min(to, last); region++) {
      if (!hot(region)) {
        cold.add(region);
      }
    }
  }

  /** All that are hot at this moment. */
  BitSet allHot() {
    return all(HOT);
  }

  /** All that were written in this interval and the one before, and are hot. */
  BitSet recentlyWritten() {
    BitSet recent = all(BOTH);
    BitSet before = (BitSet) touchedBefore.clone();
    before.and(allHot());
    recent.or(before);
    return recent;
  }

  /** All that were written in this interval. */
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
