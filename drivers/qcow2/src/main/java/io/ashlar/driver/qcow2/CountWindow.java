package io.ashlar.driver.qcow2;

import java.util.BitSet;

/**
 * Reference counts of a range of clusters, kept in pages that exist only where something is
 * counted: at most 16 MiB.
 */
final class CountWindow implements ImageWalk.References {
  /** log2 of the clusters of a window. */
  static final int BITS = 22;

  private static final int PAGE_BITS = 9;

  private final Geometry g;
  private final long first;
  private final long max;
  private final ImageWalk.Findings findings;
  private final int[][] pages = new int[1 << BITS - PAGE_BITS][];

  /**
   * An empty window.
   *
   * @param index which window: clusters from {@code index << BITS}
   * @param findings hears of counts that do not fit the refcount width
   */
  CountWindow(Geometry g, long index, ImageWalk.Findings findings) {
    this.g = g;
    this.first = index << BITS;
    this.max = g.refcountOrder() >= 5 ? Integer.MAX_VALUE : RefcountCodec.max(g.refcountOrder());
    this.findings = findings;
  }

  @Override
  public void used(long offset, long bytes) {
    long from = Math.max(offset >>> g.clusterBits(), first);
    long to = Math.min(offset + bytes - 1 >>> g.clusterBits(), first + (1L << BITS) - 1);
    for (long c = from; c <= to; c++) {
      int at = (int) (c - first);
      int[] page = pages[at >>> PAGE_BITS];
      if (page == null) {
        page = new int[1 << PAGE_BITS];
        pages[at >>> PAGE_BITS] = page;
      }
      int slot = at & (1 << PAGE_BITS) - 1;
      if (page[slot] >= max) {
        findings.corruption(
            "ERROR: overflow cluster offset=0x" + Long.toHexString(c << g.clusterBits()));
      } else {
        page[slot]++;
      }
    }
  }

  @Override
  public void claimed(long offset, long bytes, ImageWalk.Findings told) {
    long from = Math.max(offset >>> g.clusterBits(), first);
    long to = Math.min(offset + bytes - 1 >>> g.clusterBits(), first + (1L << BITS) - 1);
    for (long c = from; c <= to; c++) {
      if (get(c) != 0) {
        told.bitmap("ERROR a stored bitmap claims cluster " + c + ", which has another user");
      } else {
        used(c << g.clusterBits(), 1);
      }
    }
  }

  /** The count of a cluster of this window. */
  int get(long cluster) {
    int at = (int) (cluster - first);
    int[] page = pages[at >>> PAGE_BITS];
    return page == null ? 0 : page[at & (1 << PAGE_BITS) - 1];
  }

  /** The first cluster. */
  long first() {
    return first;
  }

  /** Whether a cluster lies in this window. */
  boolean covers(long cluster) {
    return cluster >>> BITS == first >>> BITS;
  }

  /** The next cluster at or after one that has a page, or -1 when none follows in this window. */
  long nextCounted(long cluster) {
    for (int p = (int) (cluster - first) >>> PAGE_BITS; p < pages.length; p++) {
      if (pages[p] != null) {
        return Math.max(cluster, first + ((long) p << PAGE_BITS));
      }
    }
    return -1;
  }

  /** Collects which windows anything refers to. */
  static final class Touched implements ImageWalk.References {
    final BitSet windows = new BitSet();
    private final Geometry g;

    Touched(Geometry g) {
      this.g = g;
    }

    @Override
    public void used(long offset, long bytes) {
      int shift = g.clusterBits() + BITS;
      windows.set((int) (offset >>> shift), (int) (offset + bytes - 1 >>> shift) + 1);
    }
  }
}
