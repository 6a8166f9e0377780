package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatPast;
import io.ashlar.engine.bitmap.heat.Recovery;
import io.ashlar.engine.bitmap.heat.Recovery.Result;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.VirtualTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One interleaving of two writers with the directory's work over an image and a journal in memory.
 * At every step a crash is looked at: as it is, with an older copy of the image, and with an older
 * copy of the journal.
 */
final class SurvivalRun {
  static final String NAME = "b";
  private static final long G = 65_536;
  private static final long LENGTH = 4L << 20;
  private static final Integer UNKNOWN = -1;

  /** What an image had at some time. */
  private record Copy(List<FakeStore.Entry> disk, Fence fence, Map<Long, Integer> content) {}

  final FakeStore store = new FakeStore();
  final FakeRecords journal = new FakeRecords(this::pause);
  final NodeBitmaps bitmaps;
  private final Desk desk;
  private final CrashRules rules;
  private final VirtualTime time;
  private final Random random;
  private final List<String> losses = new ArrayList<>();

  /** By granule: how often it was written, as far as the image has it. */
  private final Map<Long, Integer> content = new HashMap<>();

  /** At the last clear; of what was written while it went on nobody knows. */
  private final Map<Long, Integer> cleared = new HashMap<>();

  /** Granules that must be dirty, with the bits that recorded when their last write ended. */
  private final Map<Long, BitTree> dirty = new HashMap<>();

  /** Written since the clear that is going on began. */
  private Set<Long> meanwhile = new HashSet<>();

  private final List<Copy> copies = new ArrayList<>();

  /** Journals with less than that are older than what the image was flushed with. */
  private int flushed;

  /** Nobody was told yet, so the bitmap may be as before or empty. */
  private boolean clearing;

  private boolean begun;
  private boolean gone;
  boolean journalFails;

  SurvivalRun(long seed, CrashRules rules) {
    this.rules = rules;
    time = new VirtualTime(seed);
    random = new Random(seed);
    LifecycleLog log = new Log();
    store.fences = true;
    store.put(NAME, G, false, true);
    for (String call : List.of("stage", "publish", "changeFence", "revokeFence", "arm")) {
      store.hooks.put(call, this::pause);
    }
    bitmaps = new NodeBitmaps("n", time, time, log, rules, false);
    desk = new Desk("n", bitmaps);
  }

  /** A history that keeps nothing, over the journal. */
  private final class Log implements LifecycleLog {
    @Override
    public void ready(String by, Supplier<List<StoredBitmap>> image) {}

    @Override
    public Intent intend(String by, List<BitmapFact> facts) {
      return Intent.NONE;
    }

    @Override
    public void note(String by, BitmapFact fact) {}

    @Override
    public Optional<String> story(String bitmap) {
      return Optional.empty();
    }

    @Override
    public Optional<ImageRecords> records() {
      return Optional.of(journal);
    }

    @Override
    public void release() {}
  }

  /** What was lost; empty when nothing was. */
  List<String> losses(Consumer<SurvivalRun> program) {
    new NodeTransitions(desk).load(store, this::flush, true, LENGTH);
    begun = true;
    var first = time.start("first", () -> writer(0, 1, 40));
    var second = time.start("second", () -> writer(1, 17, 0));
    program.accept(this);
    first.join(Long.MAX_VALUE);
    second.join(Long.MAX_VALUE);
    check();
    return losses;
  }

  private void writer(long... granules) {
    for (long granule : granules) {
      write(granule);
    }
  }

  void write(long granule) {
    long token;
    try {
      token = bitmaps.recording().begin(granule * G, G);
    } catch (BlockException e) {
      losses.add("a guest's write failed: " + e.getMessage());
      return;
    }
    pause();
    content.merge(granule, 1, Integer::sum);
    dirty.put(granule, recording());
    meanwhile.add(granule);
    pause();
    dirty.put(granule, recording());
    bitmaps.recording().end(token, granule * G, G);
  }

  private BitTree recording() {
    return bitmaps.recording().generation().get(NAME).recordingTree().orElseThrow();
  }

  void flush() {
    int reached = journal.records().size();
    store.flush();
    if (store.fence != null) {
      flushed = reached;
    }
    pause();
  }

  void capture() {
    bitmaps.captureNow();
  }

  void clear() {
    meanwhile = new HashSet<>();
    clearing = true;
    new BitmapChanges(desk).clear(NAME);
    afterClear();
  }

  private void afterClear() {
    clearing = false;
    dirty.values().removeIf(tree -> tree != recording());
    cleared.clear();
    cleared.putAll(content);
    meanwhile.forEach(granule -> cleared.put(granule, UNKNOWN));
  }

  /** A backup, with captures while it goes on. */
  void backup(boolean succeeds) {
    if (succeeds) {
      meanwhile = new HashSet<>();
    }
    new BitmapChanges(desk).freeze(NAME, "job 'j'", false);
    Set<Long> since = new HashSet<>(meanwhile);
    write(60);
    for (int i = 0; i < 3; i++) {
      pause();
      bitmaps.captureNow(); // the last one does not carry anything
    }
    pause();
    clearing = succeeds;
    new JobHolds(desk).thaw(NAME, succeeds, null);
    if (succeeds) {
      meanwhile.addAll(since);
      afterClear();
    }
  }

  void add(String name) {
    new BitmapChanges(desk).add(name, new Bitmaps.Settings(G, true, false), G);
  }

  void remove(String name) {
    gone = name.equals(NAME);
    new BitmapChanges(desk).remove(name);
  }

  /** As an idle node; the next write arms again. */
  void seal() {
    new NodeTransitions(desk).sealIdle(this::flush);
  }

  void pause() {
    check();
    time.pause();
  }

  private void check() {
    if (!begun || gone) {
      return;
    }
    now();
    if (random.nextInt(4) == 0) {
      copies.add(new Copy(List.copyOf(store.disk), store.fence, Map.copyOf(content)));
    }
    // A journal that failed cannot tell of what came later, so an older image passes for this one.
    if (!copies.isEmpty() && !journalFails) {
      olderImage(copies.get(random.nextInt(copies.size())));
    }
    if (flushed > 0) {
      olderJournal(journal.records().subList(0, random.nextInt(flushed)));
    }
  }

  private void now() {
    Optional<FakeStore.Entry> entry = entry(store.disk);
    if (entry.isEmpty()) {
      losses.add("the bitmap is gone");
    } else if (!entry.get().inUse()) {
      if (!required().stream().allMatch(g -> entry.get().isSet(g * G))) {
        losses.add("stored as valid without " + required());
      }
    } else if (store.fence == null) {
      if (!journalFails) {
        losses.add("IN_USE without a fence");
      }
    } else {
      Result result = recover(store.disk, store.fence, journal.records());
      if (result instanceof Result.Recovered recovered) {
        require("now", recovered.bits(), required());
      } else if (!journalFails) {
        losses.add("not recovered: " + result);
      }
    }
  }

  private void olderImage(Copy copy) {
    if (entry(copy.disk()).map(FakeStore.Entry::inUse).orElse(false) && copy.fence() != null) {
      Result result = recover(copy.disk(), copy.fence(), journal.records());
      if (result instanceof Result.Recovered recovered) {
        Set<Long> differs = new HashSet<>();
        for (long granule : content.keySet()) {
          Integer then = cleared.get(granule);
          if (!clearing
              && !Objects.equals(then, UNKNOWN)
              && !meanwhile.contains(granule)
              && !Objects.equals(then, copy.content().get(granule))) {
            differs.add(granule);
          }
        }
        require("an older image", recovered.bits(), differs);
      }
    }
  }

  private void olderJournal(List<JournalRecord> records) {
    if (entry(store.disk).map(FakeStore.Entry::inUse).orElse(false) && store.fence != null) {
      Result result = recover(store.disk, store.fence, records);
      if (result instanceof Result.Recovered recovered) {
        require("an older journal", recovered.bits(), required());
      }
    }
  }

  private Set<Long> required() {
    Map<Long, BitTree> all = new HashMap<>(dirty);
    if (clearing) {
      all.values().removeIf(tree -> tree != recording());
    }
    return all.keySet();
  }

  private void require(String what, BitTree bits, Set<Long> granules) {
    for (long granule : granules) {
      if (!bits.isSet(granule * G)) {
        losses.add(what + ": granule " + granule + " is missing");
      }
    }
  }

  private static Optional<FakeStore.Entry> entry(List<FakeStore.Entry> disk) {
    return disk.stream().filter(e -> e.name().equals(NAME)).findFirst();
  }

  private Result recover(List<FakeStore.Entry> disk, Fence fence, List<JournalRecord> records) {
    HeatPast past = new HeatPast(rules);
    records.forEach(past::visit);
    List<StoredBitmap> directory = new ArrayList<>();
    disk.forEach(entry -> directory.add(entry.stored(directory.size())));
    return Recovery.of(
            new Recovery.Evidence(
                past,
                journal.identity(),
                fence,
                directory,
                LENGTH,
                Optional.of(FakeRecords.NOW),
                false),
            rules)
        .get(NAME);
  }
}
