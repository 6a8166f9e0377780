package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.spi.Clock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Writes captures, and knows when one is worth its while: at the earliest a minute after the last
 * one, and when what recovery would bring back shrinks by a tenth. One thread at a time.
 */
public final class Captures {
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int A_TENTH = 10;

  /** Records of one append, bytes about; others get their turn in between. */
  private static final int TOGETHER = 1 << 20;

  private final HeatLog heat;
  private final Clock clock;
  private final CrashRules rules;
  private volatile long lastNanos;

  /** When the present interval began, in which writes are told from earlier ones. */
  private long intervalNanos;

  /** For the hot regions of a node. */
  public Captures(HeatLog heat, Clock clock, CrashRules rules) {
    this.heat = heat;
    this.clock = clock;
    this.rules = rules;
    this.intervalNanos = clock.nanoTime();
  }

  /**
   * Writes the bits of bitmaps; they may get more meanwhile. The set of hot regions under which
   * those would be hot was published before.
   *
   * @param nonces that the image's fence may have
   * @param bitmaps of which two may have one name: they count as one if they have one granularity
   * @throws io.ashlar.spi.BlockException of the journal
   */
  public void write(
      ImageRecords journal, Lengths lengths, List<UUID> nonces, List<BitmapState> bitmaps) {
    HotSet set = heat.current();
    Capture capture =
        new Capture(
            set.epoch(),
            lengths,
            nonces,
            rules.carried(set.carried()),
            set.regions().shift(),
            captured(bitmaps));
    if (Math.abs(TimeUnit.MILLISECONDS.toNanos(clock.currentTimeMillis()) - journal.fileTimeNanos())
        > CrashRules.BEAT_NANOS / 2) {
      beat(journal); // nothing moved the time of the file for a while
    }
    Appender appender = new Appender(journal);
    appender.add(new HeatCodec.Beat(journal.fileTimeNanos()).encode());
    CaptureCodec.write(capture, appender::add);
    appender.flush();
    lastNanos = clock.nanoTime();
    heat.captured(appender.all);
    journal.tidy();
  }

  private List<Capture.Bitmap> captured(List<BitmapState> bitmaps) {
    Map<String, Capture.Bitmap> all = new LinkedHashMap<>();
    for (BitmapState bitmap : bitmaps) {
      BitTree bits = rules.bits(bitmap);
      Capture.Bitmap one =
          new Capture.Bitmap(bitmap.name(), bits.granularity(), bitmap.enabled(), bits);
      all.merge(bits.granularity() + " " + bitmap.name(), one, Captures::both);
    }
    return List.copyOf(all.values());
  }

  private static Capture.Bitmap both(Capture.Bitmap one, Capture.Bitmap other) {
    BitTree bits = one.bits().copy();
    bits.merge(other.bits());
    return new Capture.Bitmap(
        one.name(), one.granularity(), one.enabled() || other.enabled(), bits);
  }

  /**
   * Says that the image is about to get another nonce.
   *
   * @param next the length that it is to get with it, as in {@link Lengths}
   * @throws io.ashlar.spi.BlockException of the journal
   */
  public void intend(ImageRecords journal, UUID nonce, long next) {
    journal.append(List.of(new HeatCodec.Intent(nonce, next).encode()));
  }

  /**
   * Says that the image is still in use. The first record moves the time of the journal's file,
   * which the second one has.
   *
   * @throws io.ashlar.spi.BlockException of the journal
   */
  public void beat(ImageRecords journal) {
    journal.append(List.of(new HeatCodec.Beat(journal.fileTimeNanos()).encode()));
    journal.append(List.of(new HeatCodec.Beat(journal.fileTimeNanos()).encode()));
  }

  /**
   * To be called every few seconds, captures or not: what is written tells from what was only as
   * intervals pass.
   */
  public void tick() {
    if (clock.nanoTime() - intervalNanos >= INTERVAL_NANOS) {
      nextInterval();
    }
  }

  /** The next interval begins. */
  public void nextInterval() {
    intervalNanos = clock.nanoTime();
    HotSet set = heat.current();
    if (set != null) {
      set.turn();
    }
  }

  /** Whether a capture now would be worth it. */
  public boolean worthIt(Generation generation) {
    HotSet set = heat.current();
    if (set == null || clock.nanoTime() - lastNanos < INTERVAL_NANOS) {
      return false;
    }
    List<BitTree> trees = WholeRegions.recording(generation);
    BitSet hot = set.allHot();
    BitSet stay = staying(set, generation);
    stay.and(hot);
    long exact = trees.stream().mapToLong(BitTree::dirtyBytes).sum();
    long before = exact + clean(trees, hot, set.regions());
    long after = exact + clean(trees, stay, set.regions());
    return before - after >= Math.max(1, before / A_TENTH);
  }

  /** What stays hot over a capture: what is written still, and where being hot costs nothing. */
  public static BitSet staying(HotSet set, Generation generation) {
    BitSet stay = set.recentlyWritten();
    stay.or(WholeRegions.of(generation, set.regions()));
    return stay;
  }

  /** Bytes that would be dirty although they are not. */
  private static long clean(List<BitTree> trees, BitSet regions, Regions geometry) {
    long[] sum = new long[1];
    for (BitTree tree : trees) {
      Regions.ranges(
          regions,
          geometry.shift(),
          (offset, length) ->
              sum[0] += cleanIn(tree, offset, Math.min(tree.length(), offset + length)));
    }
    return sum[0];
  }

  private static long cleanIn(BitTree tree, long from, long to) {
    long sum = 0;
    long at = tree.nextClean(from);
    while (at >= 0 && at < to) {
      long dirty = tree.nextDirty(at);
      long end = dirty < 0 ? to : Math.min(to, dirty);
      sum += end - at;
      at = end >= to ? -1 : tree.nextClean(end);
    }
    return sum;
  }

  /** Records that go together as far as there is room. */
  private static final class Appender {
    private final ImageRecords journal;
    private final List<NewRecord> waiting = new ArrayList<>();
    private long size;
    private long all;

    Appender(ImageRecords journal) {
      this.journal = journal;
    }

    void add(NewRecord record) {
      waiting.add(record);
      size += record.payload().remaining();
      if (size >= TOGETHER) {
        flush();
      }
    }

    void flush() {
      if (!waiting.isEmpty()) {
        journal.append(List.copyOf(waiting));
        all += size;
        waiting.clear();
        size = 0;
      }
    }
  }
}
