package io.ashlar.spi.contract;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** Bytes by offset; pages exist only where something was written. Not thread-safe. */
final class SparseBytes {
  static final int PAGE = 4096;

  private final NavigableMap<Long, byte[]> pages;

  /** Pages that no copy shares; others are cloned before they are changed. */
  private final Set<Long> own = new HashSet<>();

  SparseBytes() {
    this(new TreeMap<>());
  }

  private SparseBytes(NavigableMap<Long, byte[]> pages) {
    this.pages = pages;
  }

  /** Fills the buffer; unwritten bytes are zero. */
  void read(long offset, ByteBuffer target) {
    long at = offset;
    while (target.hasRemaining()) {
      int start = (int) (at % PAGE);
      int count = Math.min(PAGE - start, target.remaining());
      byte[] page = pages.get(at / PAGE);
      if (page == null) {
        target.put(new byte[count]);
      } else {
        target.put(page, start, count);
      }
      at += count;
    }
  }

  /** Stores what remains in the buffer. */
  void write(long offset, ByteBuffer source) {
    long at = offset;
    while (source.hasRemaining()) {
      int start = (int) (at % PAGE);
      int count = Math.min(PAGE - start, source.remaining());
      source.get(ownPage(at / PAGE), start, count);
      at += count;
    }
  }

  /** Zeroes a range; whole pages are given back. */
  void clear(long offset, long length) {
    long end = offset + length;
    long firstWhole = (offset + PAGE - 1) / PAGE;
    long endWhole = end / PAGE;
    if (firstWhole < endWhole) {
      pages.subMap(firstWhole, endWhole).clear();
    }
    if (firstWhole > endWhole) {
      clearPart(offset / PAGE, (int) (offset % PAGE), (int) (end - endWhole * PAGE));
      return;
    }
    clearPart(firstWhole - 1, (int) (offset % PAGE), offset % PAGE == 0 ? 0 : PAGE);
    clearPart(endWhole, 0, (int) (end % PAGE));
  }

  private void clearPart(long index, int from, int to) {
    if (from < to && pages.containsKey(index)) {
      Arrays.fill(ownPage(index), from, to, (byte) 0);
    }
  }

  private byte[] ownPage(long index) {
    byte[] page = pages.get(index);
    if (page == null || own.add(index)) {
      page = page == null ? new byte[PAGE] : page.clone();
      own.add(index);
      pages.put(index, page);
    }
    return page;
  }

  /** Whether the page of an offset exists. */
  boolean present(long offset) {
    return pages.containsKey(offset / PAGE);
  }

  /** The first offset at or after this one whose page exists, or -1. */
  long nextPresent(long offset) {
    Long index = pages.ceilingKey(offset / PAGE);
    return index == null ? -1 : Math.max(offset, index * PAGE);
  }

  /** The first offset at or after this one whose page does not exist. */
  long nextAbsent(long offset) {
    long index = offset / PAGE;
    while (pages.containsKey(index)) {
      index++;
    }
    return Math.max(offset, index * PAGE);
  }

  /** Makes every page of a range exist. */
  void allocate(long offset, long length) {
    for (long index = offset / PAGE; length > 0 && index <= (offset + length - 1) / PAGE; index++) {
      pages.computeIfAbsent(index, missing -> new byte[PAGE]);
    }
  }

  /** Bytes that take space. */
  long allocated() {
    return (long) pages.size() * PAGE;
  }

  /** An independent copy; pages are shared until one side changes them. */
  SparseBytes copy() {
    own.clear();
    return new SparseBytes(new TreeMap<>(pages));
  }
}
