package io.ashlar.driver.qcow2;

import java.util.Arrays;

/**
 * The host clusters that hold metadata which is not to be overwritten by mistake (section 17): one
 * bit a cluster, in pages that exist where there is some. A look-up takes no lock. It is a net
 * under broken images: a look-up beside a change may see either state.
 */
final class OverlapMap {
  private static final int PAGE_BITS = 15;
  private static final int PAGE_MASK = (1 << PAGE_BITS) - 1;
  private static final int MOST_PLACES = 1 << 20;
  private static final int MOST_PAGES = 1 << 13; // 32 MiB, for images that scatter their tables

  private volatile long[][] pages = new long[16][];
  private int pageCount;

  /** Whether a host cluster holds guarded metadata. */
  boolean contains(long cluster) {
    long[][] all = pages;
    long page = cluster >>> PAGE_BITS;
    if (page >= all.length) {
      return false;
    }
    long[] bits = all[(int) page];
    return bits != null && (bits[(int) (cluster & PAGE_MASK) >>> 6] >>> (cluster & 63) & 1) != 0;
  }

  /** Whether any cluster of a range holds guarded metadata. */
  boolean intersects(long first, long count) {
    for (long i = 0; i < count; i++) {
      if (contains(first + i)) {
        return true;
      }
    }
    return false;
  }

  /** Guards a range; one caller at a time. */
  void add(long first, long count) {
    for (long c = first; c < first + count; c++) {
      long page = c >>> PAGE_BITS;
      if (page >= MOST_PLACES) {
        return; // no file is that long; such an image fails at the first use of the offset
      }
      long[][] all = pages;
      if (page >= all.length) {
        all = Arrays.copyOf(all, (int) Math.max(page + 1, all.length * 2L));
      }
      if (all[(int) page] == null) {
        if (++pageCount > MOST_PAGES) {
          return;
        }
        all[(int) page] = new long[1 << (PAGE_BITS - 6)];
      }
      all[(int) page][(int) (c & PAGE_MASK) >>> 6] |= 1L << (c & 63);
      pages = all;
    }
  }

  /** Ends the guard of a range; one caller at a time. */
  void remove(long first, long count) {
    for (long c = first; c < first + count; c++) {
      long page = c >>> PAGE_BITS;
      long[] bits = page < pages.length ? pages[(int) page] : null;
      if (bits != null) {
        bits[(int) (c & PAGE_MASK) >>> 6] &= ~(1L << (c & 63));
      }
    }
  }

  /** Forgets everything; the node is quiesced. */
  void clear() {
    pages = new long[16][];
    pageCount = 0;
  }
}
