package io.ashlar.engine.bitmap.heat;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Finds writers that go through the disk in order, and says which regions they will want next.
 * Thread-safe; what it says is a guess, and a wrong one costs little.
 */
final class Streams {
  /** Regions ahead of a writer, at most. */
  static final int WIDEST = 64;

  /** Regions in order before a writer counts as one that goes on. */
  private static final int SURE = 3;

  /** More are forgotten. */
  private static final int MOST = 256;

  /** By the region whose first write is the next thing to look at. */
  private final ConcurrentMap<Integer, Stream> expected = new ConcurrentHashMap<>();

  /**
   * A writer so far.
   *
   * @param steps regions it entered in order
   * @param width how many were asked for last
   * @param end the first region that was not asked for
   */
  private record Stream(int steps, int width, int end) {}

  /** Hears what is to be heated. */
  interface Ahead {
    /** From the first to before the second. */
    void heat(int from, int to);
  }

  /**
   * A write has entered regions that nobody wrote in this epoch.
   *
   * @param from the first one
   * @param to the last one
   * @param covers whether the write has the first byte of the first one
   * @param cold whether one of them was cold
   */
  void entered(int from, int to, boolean covers, boolean cold, Ahead ahead) {
    Stream stream = expected.remove(from);
    // In hot regions nobody begins: a writer that is followed is on its way to the next look.
    if (!covers || (stream == null && !cold)) {
      return;
    }
    Stream now = stream == null ? new Stream(0, 0, 0) : stream;
    if (expected.size() >= MOST) {
      expected.clear();
    }
    int next = to + 1;
    int steps = Math.min(SURE, now.steps() + to - from + 1);
    if (steps < SURE) {
      expected.put(next, new Stream(steps, 0, next));
      return;
    }
    int width = Math.min(WIDEST, Math.max(2, 2 * now.width()));
    int begin = Math.max(next, now.end());
    int end = Math.max(begin, next + width);
    // The next look comes half way, so that the writer does not come to the end before it is hot.
    expected.put(next + (end - next) / 2, new Stream(steps, width, end));
    if (begin < end) {
      ahead.heat(begin, end);
    }
  }
}
