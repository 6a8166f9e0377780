package io.ashlar.spi.system;

import io.ashlar.spi.RangeLock;
import io.ashlar.spi.Waits;
import java.util.ArrayList;
import java.util.List;

/**
 * A range lock that serves overlapping requests in the order of their arrival, so that nobody
 * starves. One short lock guards the list of ranges; only nodes that read in order to write use it.
 */
public final class QueuedRangeLock implements RangeLock {
  private final long granuleMask;
  private final Waits.WaitLock lock;
  private final Waits.WaitCondition left;
  private final List<Range> ranges = new ArrayList<>();

  /**
   * A lock over ranges widened to a granule.
   *
   * @param granule bytes, a power of two
   */
  public QueuedRangeLock(Waits waits, long granule) {
    if (Long.bitCount(granule) != 1) {
      throw new IllegalArgumentException("a granule is a power of two, not " + granule);
    }
    this.granuleMask = granule - 1;
    this.lock = waits.newLock();
    this.left = lock.newCondition();
  }

  @Override
  public Held shared(long offset, long length) {
    return take(offset, length, false);
  }

  @Override
  public Held exclusive(long offset, long length) {
    return take(offset, length, true);
  }

  private Held take(long offset, long length, boolean exclusive) {
    long start = offset & ~granuleMask;
    long last = (offset + Math.max(length, 1) - 1) | granuleMask;
    Thread owner = Thread.currentThread();
    Range range = new Range(start, last, exclusive, owner);
    lock.lock();
    try {
      if (holdsAlready(range)) {
        return () -> {};
      }
      ranges.add(range);
      while (mustWait(range)) {
        left.await();
      }
    } finally {
      lock.unlock();
    }
    return () -> release(range);
  }

  private boolean holdsAlready(Range range) {
    for (Range held : ranges) {
      if (held.owner != range.owner || !held.overlaps(range)) {
        continue;
      }
      if (held.start <= range.start
          && range.last <= held.last
          && (held.exclusive || !range.exclusive)) {
        return true;
      }
      throw new IllegalStateException(
          "a thread widens a range lock that it holds; this would never end");
    }
    return false;
  }

  private boolean mustWait(Range range) {
    for (Range earlier : ranges) {
      if (earlier == range) {
        return false;
      }
      if (earlier.overlaps(range) && (earlier.exclusive || range.exclusive)) {
        return true;
      }
    }
    throw new IllegalStateException("a range left the list while it waited");
  }

  private void release(Range range) {
    lock.lock();
    try {
      if (ranges.remove(range)) {
        left.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Identity matters: two equal ranges are two holders. */
  private static final class Range {
    private final long start;
    private final long last;
    private final boolean exclusive;
    private final Thread owner;

    Range(long start, long last, boolean exclusive, Thread owner) {
      this.start = start;
      this.last = last;
      this.exclusive = exclusive;
      this.owner = owner;
    }

    boolean overlaps(Range other) {
      return start <= other.last && other.start <= last;
    }
  }
}
