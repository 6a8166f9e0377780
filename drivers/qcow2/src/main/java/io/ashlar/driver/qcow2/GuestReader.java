package io.ashlar.driver.qcow2;

import io.ashlar.spi.Child;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;

/**
 * Reads guest bytes (section 7): one look-up for each run of clusters that lie together in the
 * file, no lock and no object on the way. Callers are counted in flight.
 */
final class GuestReader {
  private final Qcow2Image image;
  private final Mapping mapping;
  private final HostFile file;
  private final CompressedReader compressed;
  private final int clusterBits;
  private final long clusterMask;

  GuestReader(Qcow2Image image, CompressedReader compressed) {
    this.image = image;
    this.mapping = image.mapping;
    this.file = image.file;
    this.compressed = compressed;
    this.clusterBits = image.geometry.clusterBits();
    this.clusterMask = image.geometry.clusterSize() - 1L;
  }

  /** Fills the target from a guest offset; the range lies within the disk. */
  void read(long offset, ByteBuffer target) {
    long at = offset;
    while (target.hasRemaining()) {
      at += readRun(at, target);
    }
  }

  private long readRun(long offset, ByteBuffer target) {
    long cluster = offset >>> clusterBits;
    L2Slice slice = mapping.slice(cluster);
    if (slice == null) {
      return readBelow(offset, target, runEnd(cluster, mapping.sliceEntries()) - offset);
    }
    int i = (int) cluster & mapping.sliceMask();
    long entry = slice.get(i);
    ClusterType type = ClusterType.of(entry);
    return switch (type) {
      case NORMAL -> readData(offset, target, slice, i, entry);
      case UNALLOCATED -> readBelow(offset, target, sameRun(slice, i, entry, offset, target));
      case ZERO_PLAIN, ZERO_ALLOCATED -> {
        checkZero(entry, offset);
        yield zero(target, clusterMask + 1 - (offset & clusterMask));
      }
      case COMPRESSED -> {
        int in = (int) (offset & clusterMask);
        int count = (int) Math.min(target.remaining(), clusterMask + 1 - in);
        target.put(compressed.cluster(entry, offset), in, count);
        yield count;
      }
    };
  }

  /** Guest offset of the end of the block of {@code entries} clusters that a cluster lies in. */
  private long runEnd(long cluster, int entries) {
    return ((cluster & -(long) entries) + entries) << clusterBits;
  }

  private long sameRun(L2Slice slice, int first, long entry, long offset, ByteBuffer target) {
    long there = clusterMask + 1 - (offset & clusterMask);
    for (int i = first + 1; there < target.remaining() && i < slice.length(); i++) {
      if (slice.get(i) != entry) {
        break;
      }
      there += clusterMask + 1;
    }
    return there;
  }

  private long readData(long offset, ByteBuffer target, L2Slice slice, int i, long entry) {
    long host = dataOffset(entry, offset);
    long there = clusterMask + 1 - (offset & clusterMask);
    long next = host + clusterMask + 1;
    for (int k = i + 1; there < target.remaining() && k < slice.length(); k++) {
      long e = slice.get(k);
      if (ClusterType.of(e) != ClusterType.NORMAL || L2Entry.offset(e) != next) {
        break;
      }
      next += clusterMask + 1;
      there += clusterMask + 1;
    }
    int count = (int) Math.min(there, target.remaining());
    int position = target.position();
    file.read(host + (offset & clusterMask), Buffers.part(target, count));
    target.position(position + count);
    return count;
  }

  /** The host offset of a standard entry, checked. */
  long dataOffset(long entry, long guestOffset) {
    long host = L2Entry.offset(entry);
    if ((host & clusterMask) != 0) {
      throw image.damage.fatal(
          "Data cluster offset %s unaligned (guest offset: %s)"
              .formatted(Tables.hex(host), Tables.hex(guestOffset & ~clusterMask)),
          host);
    }
    return host;
  }

  /** Refuses zero flags where the format has none. */
  void checkZero(long entry, long guestOffset) {
    if (!image.version3) {
      throw image.damage.fatal(
          "Zero cluster entry found in pre-v3 image (guest offset: %s)"
              .formatted(Tables.hex(guestOffset & ~clusterMask)),
          -1);
    }
    dataOffset(entry, guestOffset);
  }

  private static long zero(ByteBuffer target, long most) {
    int count = (int) Math.min(most, target.remaining());
    Buffers.zero(target, count);
    return count;
  }

  /** Reads what lies below unallocated space: the backing file as far as it goes, then zeroes. */
  private long readBelow(long offset, ByteBuffer target, long most) {
    Child below = image.backing();
    long there = below == null ? 0 : below.length() - offset;
    if (there <= 0) {
      return zero(target, most);
    }
    int count = (int) Math.min(Math.min(most, there), target.remaining());
    int position = target.position();
    below.read(offset, Buffers.part(target, count), IoFlags.NONE);
    target.position(position + count);
    return count;
  }

  /**
   * Fills a buffer with the content that a cluster had under an entry.
   *
   * @param offset guest offset within that cluster; the range stays in it
   */
  void readOld(long entry, long offset, ByteBuffer target) {
    ClusterType type = ClusterType.of(entry);
    switch (type) {
      case UNALLOCATED -> {
        long at = offset;
        while (target.hasRemaining()) {
          at += readBelow(at, target, Long.MAX_VALUE);
        }
      }
      case ZERO_PLAIN, ZERO_ALLOCATED -> {
        checkZero(entry, offset);
        Buffers.zero(target, target.remaining());
      }
      case NORMAL -> {
        int end = target.limit();
        file.read(dataOffset(entry, offset) + (offset & clusterMask), target);
        target.position(end);
      }
      case COMPRESSED -> {
        byte[] cluster = compressed.cluster(entry, offset);
        target.put(cluster, (int) (offset & clusterMask), target.remaining());
      }
    }
  }

  /** Whether a cluster reads as zeroes for sure under an entry, from a guest offset to its end. */
  boolean readsZero(long entry, long offset) {
    ClusterType type = ClusterType.of(entry);
    return type.zero() || (type == ClusterType.UNALLOCATED && image.zeroBelow(offset));
  }
}
