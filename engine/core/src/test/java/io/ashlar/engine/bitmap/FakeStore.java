package io.ashlar.engine.bitmap;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapSource;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * An image's bitmap directory in memory, with faults and hooks at each call. It finds callers that
 * break the store's contract: two calls at once, changes of an image that is not writable.
 */
final class FakeStore implements BitmapStore {
  /** What is in front of a call. */
  interface Hook {
    void run();
  }

  /** An entry on disk. */
  record Entry(
      String name,
      long granularity,
      boolean inUse,
      boolean enabled,
      String unusable,
      NavigableMap<Long, Long> words) {
    StoredBitmap stored(int index) {
      return new StoredBitmap(index, name, granularity, inUse, enabled, unusable);
    }

    Entry flagged(boolean value) {
      return new Entry(name, granularity, value, enabled, unusable, words);
    }

    /** Whether the bit of that byte is stored. */
    boolean isSet(long offset) {
      long bit = offset / granularity;
      return (words.getOrDefault(bit / 64, 0L) >>> bit % 64 & 1) != 0;
    }
  }

  /** Calls in order, by name. */
  final List<String> calls = new CopyOnWriteArrayList<>();

  /** Hooks by the name of the call; a hook that throws fails the call. */
  final Map<String, Hook> hooks = new ConcurrentHashMap<>();

  /** Whether it has a place for a fence. */
  volatile boolean fences;

  /** Whether its user vouches for copies. */
  volatile boolean trustsCopies;

  private volatile LongSupplier last;

  /** On disk; null for none. */
  volatile Fence fence;

  volatile boolean writable = true;
  volatile List<Entry> disk = new ArrayList<>();

  /** A publish of unknown outcome happened in truth. */
  volatile boolean failedPublishTookEffect;

  private final AtomicBoolean inside = new AtomicBoolean();
  private volatile List<Entry> beforeUnknown;

  /** Fails the next call of that name once, with an error of the storage. */
  void failOnce(String call) {
    hooks.put(
        call,
        () -> {
          hooks.remove(call);
          throw failure(call);
        });
  }

  void failAlways(String call) {
    hooks.put(
        call,
        () -> {
          throw failure(call);
        });
  }

  static BlockException failure(String call) {
    return new BlockException(ErrorCode.IO_ERROR, call + " of 'image' failed");
  }

  void put(String name, long granularity, boolean inUse, boolean enabled, long... dirtyOffsets) {
    TreeMap<Long, Long> words = new TreeMap<>();
    for (long offset : dirtyOffsets) {
      long bit = offset / granularity;
      words.merge(bit / 64, 1L << bit % 64, (a, b) -> a | b);
    }
    disk.add(new Entry(name, granularity, inUse, enabled, null, words));
  }

  void putUnusable(String name) {
    disk.add(new Entry(name, 0, false, true, "its type 9 is not known", new TreeMap<>()));
  }

  Entry entry(String name) {
    return disk.stream().filter(e -> e.name().equals(name)).findFirst().orElse(null);
  }

  /** Calls that changed the image. */
  List<String> changes() {
    return calls.stream()
        .filter(c -> !List.of("directory", "load", "guest-flush").contains(c))
        .toList();
  }

  @Override
  public List<StoredBitmap> directory() {
    enter("directory", false);
    try {
      List<StoredBitmap> all = new ArrayList<>();
      List<Entry> known = beforeUnknown == null ? disk : beforeUnknown;
      for (Entry entry : known) {
        all.add(entry.stored(all.size()));
      }
      return all;
    } finally {
      inside.set(false);
    }
  }

  @Override
  public void load(StoredBitmap bitmap, BitmapSink sink) {
    enter("load", false);
    try {
      Entry entry = disk.get(bitmap.index());
      entry.words().forEach((word, bits) -> sink.words(word, new long[] {bits}, 1));
    } finally {
      inside.set(false);
    }
  }

  @Override
  public void arm() {
    enter("arm", true);
    try {
      settle();
      fence = null;
      disk =
          new ArrayList<>(
              disk.stream().map(e -> e.unusable() == null ? e.flagged(true) : e).toList());
    } finally {
      inside.set(false);
    }
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> entries) {
    return staged(entries, null);
  }

  private StagedDirectory staged(List<BitmapEntry> entries, Fence with) {
    enter("stage", true);
    try {
      settle();
      List<Entry> next = new ArrayList<>();
      for (BitmapEntry entry : entries) {
        next.add(made(entry));
      }
      return new Staged(next, with);
    } finally {
      inside.set(false);
    }
  }

  @Override
  public Optional<String> fenceRefusal(int bitmaps) {
    return fences ? Optional.empty() : Optional.of("");
  }

  @Override
  public boolean trustsCopies() {
    return trustsCopies;
  }

  @Override
  public FenceReport fence() {
    return fence == null ? FenceReport.NONE : new FenceReport.Whole(fence);
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> entries, Optional<Fence> next) {
    return staged(entries, next.orElse(null));
  }

  @Override
  public void lastRecord(LongSupplier lsn) {
    last = lsn;
  }

  /** As an image is flushed: the fence gets the journal's last record. */
  void flush() {
    calls.add("guest-flush");
    Hook hook = hooks.get("guest-flush");
    if (hook != null) {
      hook.run();
    }
    Fence now = fence;
    if (now != null && last != null) {
      fence = now.withLsn(Math.max(now.lsn(), last.getAsLong()));
    }
  }

  @Override
  public void changeFence(Fence next) {
    enter("changeFence", true);
    fence = next;
    inside.set(false);
  }

  @Override
  public void revokeFence() {
    enter("revokeFence", true);
    fence = null;
    inside.set(false);
  }

  @Override
  public void checkStorable(String name, long granularity, long length, int bitmapsAlready) {
    enter("checkStorable", false);
    inside.set(false);
    if (granularity > 1 << 20) {
      throw new BlockException(ErrorCode.INVALID_OPTION, "granularity too large for 'image'");
    }
  }

  private Entry made(BitmapEntry entry) {
    if (entry instanceof BitmapEntry.Kept kept) {
      Entry old = disk.get(kept.stored().index());
      return old.unusable() == null ? old.flagged(kept.inUse()) : old;
    }
    BitmapEntry.Written w = (BitmapEntry.Written) entry;
    return new Entry(w.name(), w.granularity(), w.inUse(), w.enabled(), null, words(w.bits()));
  }

  private static NavigableMap<Long, Long> words(BitmapSource bits) {
    NavigableMap<Long, Long> words = new TreeMap<>();
    long[] one = new long[1];
    for (long w = bits.nextNonZeroWord(0); w >= 0; w = bits.nextNonZeroWord(w + 1)) {
      bits.copy(w, one, 1);
      words.put(w, one[0]);
    }
    return words;
  }

  private void settle() {
    if (beforeUnknown != null) {
      disk = beforeUnknown;
      beforeUnknown = null;
    }
  }

  private void enter(String call, boolean changes) {
    calls.add(call);
    if (!inside.compareAndSet(false, true)) {
      throw new AssertionError("two calls into the store at once: " + calls);
    }
    boolean done = false;
    try {
      if (changes && !writable) {
        throw new AssertionError(call + " on a store that is read-only: " + calls);
      }
      Hook hook = hooks.get(call);
      if (hook != null) {
        hook.run();
      }
      done = true;
    } finally {
      if (!done) {
        inside.set(false);
      }
    }
  }

  private final class Staged implements StagedDirectory {
    private final List<Entry> next;

    private final Fence with;

    Staged(List<Entry> next, Fence with) {
      this.next = next;
      this.with = with;
    }

    @Override
    public void publish() {
      boolean done = false;
      List<Entry> before = disk;
      try {
        enter("publish", true);
        disk = next;
        fence = with;
        done = true;
        inside.set(false);
      } finally {
        if (!done) {
          beforeUnknown = before;
          if (failedPublishTookEffect) {
            disk = next;
          }
        }
      }
    }

    @Override
    public void discard() {
      calls.add("discard");
    }
  }
}
