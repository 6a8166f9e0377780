package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;
import java.util.function.LongUnaryOperator;

/**
 * Zero and discard requests, by the table of section 9: they change L2 entries where they can and
 * write zero bytes where they must. Callers are counted in flight.
 */
final class ZeroWriter {
  private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(1 << 16).asReadOnlyBuffer();

  private final Qcow2Image image;
  private final Mapping mapping;
  private final GuestReader reader;
  private final GuestWriter writer;
  private final int clusterBits;
  private final long clusterMask;

  ZeroWriter(Qcow2Image image, GuestReader reader, GuestWriter writer) {
    this.image = image;
    this.mapping = image.mapping;
    this.reader = reader;
    this.writer = writer;
    this.clusterBits = image.geometry.clusterBits();
    this.clusterMask = image.geometry.clusterSize() - 1L;
  }

  /** Makes a range of the disk read as zeroes. */
  void zero(long offset, long length, int flags) {
    zero(offset, length, flags, image.virtualSize());
  }

  /**
   * The same for a disk whose end is at {@code size}: what lies behind counts as part of the range.
   *
   * @throws BlockException NOT_SUPPORTED when NO_FALLBACK is set and bytes would be written
   */
  void zero(long offset, long length, int flags, long size) {
    boolean unmap = unmap(flags);
    long end = offset + length;
    long headEnd = Math.min(end, offset + clusterMask & ~clusterMask);
    long from = offset + clusterMask & ~clusterMask;
    long to = end == size ? end + clusterMask & ~clusterMask : end & ~clusterMask;
    boolean whole = from < to;
    long tailStart = whole ? Math.min(end, to) : headEnd;
    if ((flags & IoFlags.NO_FALLBACK) != 0) {
      requireCheap(offset, headEnd, whole, tailStart, end, size);
    }
    if (offset < headEnd) {
      zeroPart(offset, headEnd, size, flags);
    }
    if (whole && !image.version3 && image.backing() != null) {
      write(from, tailStart - from, flags);
    } else if (whole) {
      eachCluster(from, to, image.version3, entry -> zeroed(entry, unmap));
    }
    if (tailStart < end) {
      zeroPart(tailStart, end, size, flags);
    }
  }

  private boolean unmap(int flags) {
    return (flags & IoFlags.MAY_UNMAP) != 0 && image.settings().discard();
  }

  /** With NO_FALLBACK: refuses before anything has changed. */
  private void requireCheap(
      long offset, long headEnd, boolean whole, long tailStart, long end, long size) {
    boolean cheap = image.version3 || image.backing() == null || !whole;
    cheap = cheap && (offset == headEnd || mayZeroPart(offset, headEnd, size));
    cheap = cheap && (tailStart == end || mayZeroPart(tailStart, end, size));
    if (!cheap) {
      throw wouldWrite();
    }
  }

  private long zeroed(long entry, boolean unmap) {
    ClusterType type = ClusterType.of(entry);
    if (!image.version3) {
      return 0;
    }
    return switch (type) {
      case UNALLOCATED, ZERO_PLAIN, COMPRESSED -> L2Entry.ZERO;
      case NORMAL, ZERO_ALLOCATED ->
          unmap && !image.settings().keepDiscarded() ? L2Entry.ZERO : entry | L2Entry.ZERO;
    };
  }

  /** Zeroes a part of a cluster: the whole of it when its rest reads as zeroes already. */
  private void zeroPart(long from, long to, long size, int flags) {
    if (!mayZeroPart(from, to, size)) {
      write(from, to - from, flags);
      return;
    }
    // Looked at again under the stripe: a cluster that got data meanwhile keeps it.
    boolean[] busy = {false};
    long start = from & ~clusterMask;
    eachCluster(
        start,
        start + clusterMask + 1,
        image.version3,
        entry -> {
          ClusterType type = ClusterType.of(entry);
          busy[0] = type != ClusterType.UNALLOCATED && !type.zero();
          return busy[0] || !image.version3 ? entry : zeroed(entry, unmap(flags));
        });
    if (busy[0]) {
      write(from, to - from, flags);
    }
  }

  /** Whether a cluster shows zeroes outside of a part, and may become a zero cluster as a whole. */
  private boolean mayZeroPart(long from, long to, long size) {
    if (!image.version3 && image.backing() != null) {
      return false;
    }
    long cluster = from >>> clusterBits;
    L2Slice slice = mapping.slice(cluster);
    long entry = slice == null ? 0 : slice.get((int) cluster & mapping.sliceMask());
    ClusterType type = ClusterType.of(entry);
    if (type.zero()) {
      reader.checkZero(entry, from);
      return true;
    }
    long start = from & ~clusterMask;
    return type == ClusterType.UNALLOCATED
        && zeroBelow(start, from)
        && zeroBelow(to, Math.min(size, start + clusterMask + 1));
  }

  /** Whether unallocated space is known to show zeroes, without reading data. */
  private boolean zeroBelow(long from, long to) {
    Child below = image.backing();
    for (long at = from; at < to && below != null && at < below.length(); ) {
      long length = Math.min(to, below.length()) - at;
      BlockStatus status = below.status(at, length);
      if (!status.zero() && (status.data() || !readsZero(below, at, (int) status.length()))) {
        return false;
      }
      at += status.length();
    }
    return true;
  }

  private static boolean readsZero(Child below, long offset, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    below.read(offset, bytes, IoFlags.NONE);
    bytes.clear();
    while (bytes.hasRemaining()) {
      if (bytes.get() != 0) {
        return false;
      }
    }
    return true;
  }

  private void write(long offset, long length, int flags) {
    if ((flags & IoFlags.NO_FALLBACK) != 0) {
      throw wouldWrite();
    }
    for (long done = 0; done < length; ) {
      int part = (int) Math.min(length - done, ZEROES.capacity());
      writer.write(offset + done, ZEROES.duplicate().limit(part));
      done += part;
    }
  }

  private BlockException wouldWrite() {
    return new BlockException(
        ErrorCode.NOT_SUPPORTED,
        "node '" + image.nodeName() + "': zeroes here would have to be written as data");
  }

  /** Says that a range is not needed any more; parts of clusters are left alone. */
  void discard(long offset, long length) {
    boolean below = image.backing() != null;
    if (!image.settings().discard() || (!image.version3 && below)) {
      return;
    }
    long end = offset + length;
    long from = offset + clusterMask & ~clusterMask;
    long to = end == image.virtualSize() ? end + clusterMask & ~clusterMask : end & ~clusterMask;
    if (from < to) {
      eachCluster(from, to, image.version3 && below, entry -> discarded(entry, below));
    }
  }

  private long discarded(long entry, boolean below) {
    if (!image.version3) {
      return 0;
    }
    return switch (ClusterType.of(entry)) {
      case UNALLOCATED -> below ? L2Entry.ZERO : entry;
      case ZERO_PLAIN -> entry;
      case COMPRESSED -> L2Entry.ZERO;
      case NORMAL, ZERO_ALLOCATED ->
          image.settings().keepDiscarded() ? entry | L2Entry.ZERO : L2Entry.ZERO;
    };
  }

  /** Gives all clusters of a range back; they read from below, for a disk that gets shorter. */
  void forget(long from, long to) {
    eachCluster(from, to, false, entry -> 0);
  }

  /**
   * Replaces the entries of whole clusters.
   *
   * @param makeTables whether absent L2 tables are made, for their entries change too
   */
  private void eachCluster(long from, long to, boolean makeTables, LongUnaryOperator change) {
    for (long at = from; at < to; ) {
      long cluster = at >>> clusterBits;
      long last = Math.min((to >>> clusterBits) - 1, cluster | mapping.sliceMask());
      if (!makeTables && mapping.l1Entry(mapping.l1Index(cluster)) == 0) {
        long tables = mapping.l1Index(cluster) + 1;
        at = tables << (2 * clusterBits - 3);
        continue;
      }
      changeEntries(cluster, last, change);
      at = last + 1 << clusterBits;
    }
  }

  private void changeEntries(long first, long last, LongUnaryOperator change) {
    long stripes = image.stripes.lock(first, last);
    try {
      mapping.ensureTable(first);
      L2Slice slice = mapping.slice(first);
      int i = (int) first & mapping.sliceMask();
      int count = (int) (last - first + 1);
      long[] entries = new long[count];
      boolean differs = false;
      for (int k = 0; k < count; k++) {
        long entry = slice.get(i + k);
        entries[k] = change.applyAsLong(entry);
        differs |= entries[k] != entry;
      }
      if (differs) {
        long[] old = writer.link(first, slice, entries, count);
        for (int k = 0; k < count; k++) {
          release(old[k], entries[k]);
        }
      }
    } finally {
      image.stripes.unlock(stripes);
    }
  }

  private void release(long old, long entry) {
    if (old == entry) {
      return;
    }
    if (L2Entry.offset(entry) == 0) {
      writer.releaseOld(old, image.settings().punchRequests());
    } else if (image.settings().keepDiscarded() && image.settings().punchRequests()) {
      image.file.discard(L2Entry.offset(entry), clusterMask + 1);
    }
  }
}
