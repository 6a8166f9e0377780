package io.ashlar.engine.crash;

import io.ashlar.engine.crash.BitmapTruth.Known;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How much more than the truth a bitmap may have after a crash: the region around each place that
 * was written lately, and no more. What a request touched, and at which time, comes from the guests
 * and not from the engine.
 */
final class Bounds {
  /** Bytes of a region of disks up to 1 TiB. */
  static final int REGION = 1 << 20;

  /**
   * A region that nobody writes stays hot over two captures, which are a minute apart and looked
   * for every ten seconds.
   */
  static final long COLD_NANOS = TimeUnit.SECONDS.toNanos(240);

  /** A capture is made when a tenth goes. */
  private static final int A_TENTH = 10;

  /** So many regions in order are a stream. */
  private static final int STREAM = 3;

  private static final int SECTORS = REGION / Pages.SECTOR;

  private final GuestTruth guest;
  private final Sessions sessions;
  private final Timeline timeline;
  private long moment;
  private long size;

  /** Of the present moment: regions that may be hot, those that may be by age, and granules. */
  private BitSet regions;

  private BitSet young;
  private final Map<String, BitSet> touched = new HashMap<>();

  Bounds(GuestTruth guest, Sessions sessions, Timeline timeline) {
    this.guest = guest;
    this.sessions = sessions;
    this.timeline = timeline;
  }

  /** Crashes come at this moment from now on. */
  void at(long when) {
    moment = when;
    regions = null;
    young = null;
    touched.clear();
  }

  /** What is wrong with the bitmaps of a state. */
  void check(Observed found, Map<String, Known> known, List<String> wrong) {
    size = found.size;
    long all = 0;
    long old = 0;
    for (Map.Entry<String, Observed.Seen> entry : found.seen.entrySet()) {
      Known truth = known.get(entry.getKey());
      Observed.Seen seen = entry.getValue();
      if (truth == null || seen.inconsistent()) {
        continue;
      }
      boolean inUse = found.inUse(entry.getKey());
      BitSet more = (BitSet) seen.dirty().clone();
      more.andNot(touched(truth));
      BitSet near = inUse ? granules(hot(), truth) : new BitSet();
      BitSet far = (BitSet) more.clone();
      far.andNot(near);
      if (!far.isEmpty()) {
        wrong.add(
            "D: granule %d of '%s' is dirty, and nobody wrote there or near"
                .formatted(far.nextSetBit(0), truth.name));
      }
      counted(truth, seen, more, near, wrong);
      if (inUse && seen.enabled()) {
        all += bytes(seen.dirty(), truth);
        more.andNot(granules(young(), truth));
        old += bytes(more, truth);
      }
    }
    if (old * A_TENTH > all) {
      wrong.add(
          "D: %d of %d bytes are dirty only because somebody wrote near a long time ago"
              .formatted(old, all));
    }
  }

  /** What is said to be too much is what is too much. */
  private void counted(
      Known truth, Observed.Seen seen, BitSet more, BitSet near, List<String> wrong) {
    BitSet most = (BitSet) seen.dirty().clone();
    most.and(near);
    if (seen.over() < bytes(more, truth) || seen.over() > bytes(most, truth)) {
      wrong.add(
          "D: '%s' is said to have %d bytes too many, not %d to %d"
              .formatted(truth.name, seen.over(), bytes(more, truth), bytes(most, truth)));
    }
  }

  private long bytes(BitSet granules, Known truth) {
    long sum = granules.cardinality() * truth.granularity;
    int last = (int) ((size - 1) / truth.granularity);
    long tail = size - last * truth.granularity;
    return granules.get(last) ? sum - truth.granularity + tail : sum;
  }

  /** Granules that something counted may have changed. */
  private BitSet touched(Known truth) {
    return touched.computeIfAbsent(
        truth.name,
        name -> {
          BitSet bits = new BitSet();
          int ratio = (int) (truth.granularity / Pages.SECTOR);
          guest.touched(truth.since, moment, sector -> bits.set(sector / ratio));
          return bits;
        });
  }

  private BitSet hot() {
    if (regions == null) {
      regions = regions(sessions.sealedBefore(moment));
    }
    return regions;
  }

  private BitSet young() {
    if (young == null) {
      long then = timeline.nanos(moment) - COLD_NANOS;
      boolean quiet = timeline.nanos(sessions.commandBefore(moment)) < then;
      young = quiet ? regions(timeline.lastBefore(then)) : hot();
    }
    return young;
  }

  private BitSet regions(long since) {
    BitSet bits = new BitSet();
    guest.touched(since, moment, sector -> bits.set(sector / SECTORS));
    ahead(bits);
    return bits;
  }

  /** A writer in order has as many regions ahead as it wrote, and three of them make one. */
  private static void ahead(BitSet bits) {
    BitSet written = (BitSet) bits.clone();
    for (int from = written.nextSetBit(0); from >= 0; ) {
      int to = written.nextClearBit(from);
      if (to - from >= STREAM) {
        bits.set(to, to + (to - from));
      }
      from = written.nextSetBit(to);
    }
  }

  private static BitSet granules(BitSet regions, Known truth) {
    BitSet bits = new BitSet();
    int each = (int) (REGION / truth.granularity);
    regions.stream().forEach(region -> bits.set(region * each, (region + 1) * each));
    return bits;
  }
}
