package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.BitmapSource;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The clusters that are still to be copied. After the start clusters only leave, so readers need no
 * lock: who sees a cluster gone may rely on it for ever. Leaving happens under the lock of the
 * cluster, hence once.
 *
 * <p>Pages of 32,768 clusters exist only where some are wanted and some not; a 64 TiB node of 64
 * KiB clusters needs 128 KiB and 4 KiB for each place that is being worked at.
 */
final class Wanted {
  private static final int PAGE_BITS = 15;
  private static final int PAGE_CLUSTERS = 1 << PAGE_BITS;
  private static final int WORDS = PAGE_CLUSTERS / Long.SIZE;

  private final long clusters;
  private final long clusterSize;
  private final long length;
  private final AtomicReferenceArray<Page> pages;
  private final AtomicLong left = new AtomicLong();

  private Wanted(long length, long clusterSize) {
    this.length = length;
    this.clusterSize = clusterSize;
    this.clusters = length / clusterSize + (length % clusterSize == 0 ? 0 : 1);
    this.pages =
        new AtomicReferenceArray<>(Math.toIntExact((clusters + PAGE_CLUSTERS - 1) >>> PAGE_BITS));
  }

  /** All clusters of a node. */
  static Wanted everything(long length, long clusterSize) {
    Wanted wanted = new Wanted(length, clusterSize);
    for (int i = 0; i < wanted.pages.length(); i++) {
      long first = (long) i << PAGE_BITS;
      if (wanted.clusters - first >= PAGE_CLUSTERS) {
        wanted.pages.set(i, Page.FULL);
      } else {
        Page page = new Page();
        page.set(0, (int) (wanted.clusters - first));
        wanted.pages.set(i, page);
      }
    }
    wanted.left.set(length);
    return wanted;
  }

  /** The clusters in which any bit is set. */
  static Wanted dirty(long length, long clusterSize, BitmapSource source, long granularity) {
    Wanted wanted = new Wanted(length, clusterSize);
    long[] word = new long[1];
    for (long w = source.nextNonZeroWord(0); w >= 0; w = source.nextNonZeroWord(w + 1)) {
      source.copy(w, word, 1);
      for (long bits = word[0]; bits != 0; bits &= bits - 1) {
        long bit = w * Long.SIZE + Long.numberOfTrailingZeros(bits);
        if (bit > (length - 1) / granularity) {
          return wanted; // the bitmap is longer than the node
        }
        wanted.want(bit * granularity, granularity);
      }
    }
    return wanted;
  }

  private void want(long offset, long count) {
    long last = (Math.min(length - offset, count) + offset - 1) / clusterSize;
    for (long cluster = offset / clusterSize; cluster <= last; cluster++) {
      int index = (int) (cluster >>> PAGE_BITS);
      Page page = pages.get(index);
      if (page == null) {
        page = new Page();
        pages.set(index, page);
      }
      if (page.set((int) (cluster & (PAGE_CLUSTERS - 1)))) {
        left.addAndGet(size(cluster * clusterSize));
      }
    }
  }

  /** Bytes of the cluster that starts at {@code start}; the last one may be short. */
  long size(long start) {
    return Math.min(clusterSize, length - start);
  }

  /** Bytes of all wanted clusters. */
  long bytes() {
    return left.get();
  }

  /** Whether the cluster around {@code offset} is wanted. */
  boolean contains(long offset) {
    if (offset < 0 || offset >= length) {
      return false;
    }
    long cluster = offset / clusterSize;
    Page page = pages.get((int) (cluster >>> PAGE_BITS));
    return page != null && page.contains((int) (cluster & (PAGE_CLUSTERS - 1)));
  }

  /** Takes the cluster around {@code offset} off; the caller holds its lock. */
  void remove(long offset) {
    long cluster = offset / clusterSize;
    int index = (int) (cluster >>> PAGE_BITS);
    Page page = pages.get(index);
    while (page == Page.FULL) {
      pages.compareAndSet(index, page, Page.copyOfFull());
      page = pages.get(index);
    }
    if (page != null && page.clear((int) (cluster & (PAGE_CLUSTERS - 1)))) {
      left.addAndGet(-size(cluster * clusterSize));
      if (page.isEmpty()) {
        pages.set(index, null);
      }
    }
  }

  /** The first byte of the first wanted cluster at or after the one around offset, or -1. */
  long next(long offset) {
    if (offset >= length) {
      return -1;
    }
    long cluster = Math.max(offset, 0) / clusterSize;
    for (int index = (int) (cluster >>> PAGE_BITS); index < pages.length(); index++) {
      long first = (long) index << PAGE_BITS;
      Page page = pages.get(index);
      int found = page == null ? -1 : page.next((int) Math.max(0, cluster - first));
      if (found >= 0) {
        return (first + found) * clusterSize;
      }
    }
    return -1;
  }

  /** One page; its bits only leave once the plan has begun. */
  private static final class Page {
    /** All bits set; never changed. */
    static final Page FULL = copyOfFull();

    private final AtomicLongArray words;
    private final AtomicLong count;

    Page() {
      this(new long[WORDS], 0);
    }

    private Page(long[] words, int count) {
      this.words = new AtomicLongArray(words);
      this.count = new AtomicLong(count);
    }

    static Page copyOfFull() {
      long[] ones = new long[WORDS];
      Arrays.fill(ones, -1L);
      return new Page(ones, PAGE_CLUSTERS);
    }

    void set(int from, int to) {
      for (int bit = from; bit < to; bit++) {
        set(bit);
      }
    }

    boolean set(int bit) {
      long mask = 1L << bit;
      boolean added = (words.getAndAccumulate(bit >>> 6, mask, (a, b) -> a | b) & mask) == 0;
      if (added) {
        count.incrementAndGet();
      }
      return added;
    }

    boolean clear(int bit) {
      long mask = 1L << bit;
      boolean removed = (words.getAndAccumulate(bit >>> 6, ~mask, (a, b) -> a & b) & mask) != 0;
      if (removed) {
        count.decrementAndGet();
      }
      return removed;
    }

    boolean contains(int bit) {
      return (words.get(bit >>> 6) & 1L << bit) != 0;
    }

    boolean isEmpty() {
      return count.get() == 0;
    }

    int next(int from) {
      for (int w = from >>> 6; w < WORDS; w++) {
        long bits = words.get(w);
        if (w == from >>> 6) {
          bits &= -1L << from;
        }
        if (bits != 0) {
          return (w << 6) + Long.numberOfTrailingZeros(bits);
        }
      }
      return -1;
    }
  }
}
