package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.HotRegions;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * The hot regions of a node, durable in the journal of its image while the image has a fence, and
 * nothing at all otherwise. Writers come on any thread and without a lock; {@link #begin}, {@link
 * #publishNext} and {@link #end} come from one thread at a time.
 */
public final class HeatLog implements HotRegions {
  /** A journal could not keep a heat. */
  public interface Failure {
    /**
     * Makes the image say that the journal is not to be believed, durably; returns when writes may
     * go on.
     *
     * @param journal which one; it may have been given up already
     * @throws BlockException and the write fails
     */
    void giveUp(ImageRecords journal, BlockException reason);
  }

  /** An epoch of the journal has so many of ours, which is more than anybody needs. */
  private static final int EPOCH_SHIFT = 32;

  private final Clock clock;
  private final CrashRules rules;
  private final Failure failure;
  private final Streams streams;
  private final LongAdder waitedNanos = new LongAdder();
  private final LongAdder waits = new LongAdder();
  private final LongAdder heated = new LongAdder();
  private final LongAdder preheated = new LongAdder();
  private final LongAdder captures = new LongAdder();
  private final LongAdder capturedBytes = new LongAdder();

  /** Null while nothing has to be durable. */
  private volatile HotSet set;

  /** Which regions stay hot at the next epoch; the controller's. */
  private Function<HotSet, BitSet> keep = HotSet::allHot;

  private long lastEpoch;

  /** No journal yet. */
  public HeatLog(Clock clock, CrashRules rules, Failure failure) {
    this.clock = clock;
    this.rules = rules;
    this.failure = failure;
    this.streams = new Streams(clock);
  }

  @Override
  public void heat(long offset, long length) {
    HotSet now = set;
    if (now == null || length <= 0) {
      return;
    }
    int from = now.region(offset);
    int to = now.region(offset + length - 1);
    for (int region = from; region <= to; region++) {
      if (!now.touched(region)) {
        enter(now, region, to, offset <= now.regions().start(region));
        return;
      }
    }
  }

  private void enter(HotSet now, int from, int to, boolean covers) {
    boolean first = false;
    boolean cold = false;
    for (int region = from; region <= to; region++) {
      first |= now.touch(region);
      cold |= !now.hot(region);
    }
    Streams.Window ahead =
        first ? streams.entered(from, to, covers, cold, now) : Streams.Window.NONE;
    if (cold) {
      await(now, from, to, ahead);
    } else if (!ahead.isEmpty()) {
      preheat(now, ahead);
    }
  }

  /** One record and one flush for what is written now and for what comes next. */
  private void await(HotSet now, int from, int to, Streams.Window ahead) {
    Runs cold = new Runs();
    now.addCold(cold, from, to);
    int wanted = cold.size();
    now.addCold(cold, ahead.from(), ahead.to() - 1);
    long begun = clock.nanoTime();
    try {
      rules.makeHot(() -> now.journal().append(heat(now, cold)), () -> now.mark(cold));
    } catch (BlockException e) {
      rules.giveUp(() -> failure.giveUp(now.journal(), e));
      return;
    } finally {
      waitedNanos.add(clock.nanoTime() - begun);
      waits.increment();
    }
    heated.add(wanted);
    preheated.add(cold.size() - wanted);
  }

  /** Ahead of a writer, who does not wait; a failure is the business of who has to. */
  private void preheat(HotSet now, Streams.Window ahead) {
    Runs cold = new Runs();
    now.addCold(cold, ahead.from(), ahead.to() - 1);
    if (cold.isEmpty()) {
      return;
    }
    try {
      now.journal().append(heat(now, cold), new Preheat(now, cold));
    } catch (BlockException e) {
      // The regions stay cold: the next writer there hears of it.
    }
  }

  /** Regions ahead of a writer, on their way into the journal. */
  private final class Preheat implements AppendListener {
    private final HotSet set;
    private final Runs cold;

    Preheat(HotSet set, Runs cold) {
      this.set = set;
      this.cold = cold;
    }

    /** So that a busy machine does not keep the writer waiting for what is durable already. */
    @Override
    public void atOnce(long lastLsn) {
      set.mark(cold);
      preheated.add(cold.size());
    }

    @Override
    public void durable(long lastLsn) {
      // Done.
    }

    @Override
    public void failed(BlockException reason) {
      // The regions stay cold: the next writer there hears of it.
    }
  }

  private static List<NewRecord> heat(HotSet now, Runs cold) {
    return List.of(new HeatCodec.Heat(now.epoch(), now.regions().shift(), cold).encode());
  }

  /** Whether heats are kept; any thread. */
  public boolean active() {
    return set != null;
  }

  /** The present set; null when there is none. */
  HotSet current() {
    return set;
  }

  /**
   * From now on regions become hot before they are written. A capture follows.
   *
   * @param length of the disk in bytes
   * @param bitmaps where they are dirty as a whole, regions are hot at once
   */
  public void begin(ImageRecords journal, long length, Generation bitmaps) {
    Regions regions = Regions.of(length);
    BitSet whole = WholeRegions.of(bitmaps, regions);
    set = new HotSet(journal, nextEpoch(journal), regions, whole);
  }

  /** From now on nothing has to be durable. */
  public void end() {
    set = null;
  }

  /** From now on every write comes to the journal, which has failed, and hears of it. */
  public void nothingIsHot() {
    HotSet now = set;
    if (now != null) {
      long epoch = nextEpoch(now.journal());
      set = new HotSet(now.journal(), epoch, now.regions(), new BitSet());
    }
  }

  /**
   * Does something that publishes another set and then captures.
   *
   * @param which regions stay hot in that set, as far as they are hot
   */
  public void restarting(Function<HotSet, BitSet> which, Runnable body) {
    keep = which;
    try {
      body.run();
    } finally {
      keep = HotSet::allHot;
    }
  }

  @Override
  public long publishNext() {
    HotSet now = set;
    if (now == null) {
      return lastEpoch;
    }
    // What becomes hot in the old set meanwhile stays out, and is heated again.
    HotSet next = now.next(nextEpoch(now.journal()), keep.apply(now));
    set = next;
    return next.epoch();
  }

  private long nextEpoch(ImageRecords journal) {
    lastEpoch = Math.max(lastEpoch, journal.epoch() << EPOCH_SHIFT) + 1;
    return lastEpoch;
  }

  @Override
  public void dropBefore(long epoch) {
    // The journal's compaction does, by the last capture in it.
  }

  void captured(long bytes) {
    captures.increment();
    capturedBytes.add(bytes);
  }

  /** Counters. */
  public HeatStatistics statistics() {
    return new HeatStatistics(
        waitedNanos.sum(),
        waits.sum(),
        heated.sum(),
        preheated.sum(),
        captures.sum(),
        capturedBytes.sum());
  }
}
