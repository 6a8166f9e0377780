package io.ashlar.engine.bitmap.heat;

import io.ashlar.spi.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * Finds writers that go through the disk in order, and says which regions they will want next.
 * Thread-safe. What it says is a guess; a wrong one costs no more than one region for each that was
 * entered, for nobody has more regions ahead, those left out on the way included, than behind.
 */
final class Streams {
  /** Regions ahead of a writer, at most. */
  static final int WIDEST = 4096;

  /** As many at least for one who had to wait lately, unless its past says less. */
  static final int LATE = 1024;

  /** As many at least for the slowest, unless its past says less. */
  static final int USUAL = 64;

  /**
   * How long a writer is to be on its way to the end of what is hot. Once the page cache writes
   * back, a flush takes a tenth of a second or two behind it, and the next one as long.
   */
  static final long LEAD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** No more flushes for a slow writer than one in so many regions. */
  private static final int STEP = 16;

  /** Regions in order before a writer counts as one that goes on; also not by one write alone. */
  private static final int SURE = 3;

  /** More of either kind are forgotten. */
  private static final int MOST = 256;

  private final Clock clock;

  /** Those that may become sure, by the region that comes next. */
  private final ConcurrentMap<Integer, Stream> begun = new ConcurrentHashMap<>();

  /** Those that are, by the region whose first write is the next thing to look at. */
  private final ConcurrentMap<Integer, Stream> followed = new ConcurrentHashMap<>();

  Streams(Clock clock) {
    this.clock = clock;
  }

  /** Knows where writes came in this epoch. */
  interface Entered {
    /** Whether one did. */
    boolean entered(int region);
  }

  /**
   * What is to be heated.
   *
   * @param from the first region
   * @param to behind the last one; it may be behind the end of the disk
   */
  record Window(int from, int to) {
    static final Window NONE = new Window(0, 0);

    boolean isEmpty() {
      return from >= to;
    }
  }

  /**
   * A write has entered regions of which nobody wrote one in this epoch.
   *
   * @param from the first one
   * @param to the last one
   * @param covers whether the write has the first byte of the first one
   * @param cold whether one of them was cold, so that the writer waits
   * @param entered whether a region was entered in this epoch; of these it was
   */
  Window entered(int from, int to, boolean covers, boolean cold, Entered entered) {
    Stream stream = followed(from, to, cold);
    if (stream == null) {
      stream = covers && !begun.isEmpty() ? begun.remove(from) : null;
      if (stream == null) {
        // In hot regions nobody begins: a writer that is followed is on its way to the next look.
        if (covers && cold) {
          put(begun, to + 1, new Stream(clock.nanoTime(), from, to));
        }
        return Window.NONE;
      }
    }
    stream.enter(to, cold, clock.nanoTime(), entered);
    if (!stream.isSure()) {
      put(begun, stream.next, stream);
      return Window.NONE;
    }
    Window ahead = stream.ask(cold);
    if (stream.end > stream.next) {
      put(followed, stream.nextLook(), stream);
    }
    return ahead;
  }

  private Stream followed(int from, int to, boolean cold) {
    if (followed.isEmpty()) {
      return null;
    }
    for (int region = from; region <= to; region++) {
      Stream found = followed.remove(region);
      if (found != null) {
        return found;
      }
    }
    return cold ? overtaken(from) : null;
  }

  /** What was hot ahead of it is not any more, as another epoch began, or not yet. */
  private Stream overtaken(int from) {
    for (Map.Entry<Integer, Stream> one : followed.entrySet()) {
      Stream stream = one.getValue();
      if (stream.has(from) && followed.remove(one.getKey(), stream)) {
        return stream;
      }
    }
    return null;
  }

  private static void put(ConcurrentMap<Integer, Stream> streams, int region, Stream stream) {
    if (streams.size() >= MOST) {
      streams.clear();
    }
    streams.put(region, stream);
  }

  /** A writer so far; belongs to who took it out of the map. */
  private static final class Stream {
    /** The first region behind those that were looked at. */
    private volatile int next;

    /** The first region that was not asked for. */
    private volatile int end;

    /** Regions that were entered, and those that were left out in between. */
    private int entered;

    private int leftOut;

    /** The present interval of time, and what was entered before it. */
    private long since;

    private int before;

    /** Regions entered in the interval before, as if it had been {@link #LEAD_NANOS} long. */
    private int pace;

    /** Whether the writer had to wait in this interval or the one before. */
    private boolean late;

    private boolean waited;

    /** Whether anything was asked for yet. */
    private boolean asked;

    Stream(long now, int from, int to) {
      since = now;
      next = to + 1;
      end = next;
      entered = to - from + 1;
    }

    boolean isSure() {
      return entered >= SURE;
    }

    boolean has(int region) {
      return next <= region && region < end;
    }

    void enter(int to, boolean cold, long now, Entered touched) {
      for (int region = next; region <= to; region++) {
        if (touched.entered(region)) {
          entered++;
        } else {
          leftOut++;
        }
      }
      next = Math.max(next, to + 1);
      long elapsed = now - since;
      if (elapsed >= LEAD_NANOS) {
        pace = (int) ((entered - before) * LEAD_NANOS / elapsed);
        before = entered;
        since = now;
        late = waited;
        waited = false;
      }
      if (cold && asked) {
        late = true;
        waited = true;
      }
    }

    /** What to heat now, so that the writer keeps its distance. */
    Window ask(boolean cold) {
      int wanted = Math.max(late ? LATE : USUAL, Math.max(pace, entered - before));
      int width = Math.min(Math.min(WIDEST, wanted), entered - leftOut);
      int from = cold ? next : Math.max(next, end);
      end = Math.max(end, next + width);
      asked = true;
      return from < end ? new Window(from, end) : Window.NONE;
    }

    /** Soon, so that nearly all that was asked for is still ahead when the next flush begins. */
    int nextLook() {
      int ahead = end - next;
      return next + Math.max(Math.min(STEP, ahead / 4), ahead / 16);
    }
  }
}
