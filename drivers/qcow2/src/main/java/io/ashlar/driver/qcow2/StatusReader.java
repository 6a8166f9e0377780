package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockStatus;

/** Tells what ranges of the disk hold, from the L2 tables alone. */
final class StatusReader {
  private static final int MOST_SLICES = 256; // looked at for one answer

  private final Mapping mapping;
  private final GuestReader reader;
  private final int clusterBits;
  private final long clusterMask;

  StatusReader(Qcow2Image image, GuestReader reader) {
    this.mapping = image.mapping;
    this.reader = reader;
    this.clusterBits = image.geometry.clusterBits();
    this.clusterMask = image.geometry.clusterSize() - 1L;
  }

  /** The status at the start of a range that lies within the disk. */
  BlockStatus status(long offset, long length) {
    long firstCluster = offset >>> clusterBits;
    L2Slice slice = mapping.slice(firstCluster);
    long first = slice == null ? 0 : slice.get((int) firstCluster & mapping.sliceMask());
    ClusterType type = ClusterType.of(first);
    if (type.zero()) {
      reader.checkZero(first, offset);
    }
    long host = host(type, first, offset);
    long end = offset + length;
    long cluster = firstCluster + 1;
    int slices = 0;
    while (cluster << clusterBits < end && slices < MOST_SLICES) {
      if (((int) cluster & mapping.sliceMask()) == 0 || slice == null) {
        slices++;
        slice = mapping.slice(cluster);
      }
      if (slice == null) {
        if (type != ClusterType.UNALLOCATED) {
          break;
        }
        cluster = (cluster | mapping.sliceMask()) + 1;
        continue;
      }
      long entry = slice.get((int) cluster & mapping.sliceMask());
      if (!continues(type, host, cluster - firstCluster, entry)) {
        break;
      }
      cluster++;
    }
    return answer(type, Math.min(end, cluster << clusterBits) - offset, host, offset);
  }

  private boolean continues(ClusterType type, long host, long distance, long entry) {
    if (ClusterType.of(entry) != type) {
      return false;
    }
    return switch (type) {
      case UNALLOCATED, ZERO_PLAIN, COMPRESSED -> true;
      case NORMAL, ZERO_ALLOCATED -> L2Entry.offset(entry) == host + (distance << clusterBits);
    };
  }

  private long host(ClusterType type, long entry, long offset) {
    return switch (type) {
      case UNALLOCATED, ZERO_PLAIN, COMPRESSED -> BlockStatus.UNKNOWN_OFFSET;
      case NORMAL, ZERO_ALLOCATED -> reader.dataOffset(entry, offset);
    };
  }

  private BlockStatus answer(ClusterType type, long length, long host, long offset) {
    return switch (type) {
      case UNALLOCATED -> BlockStatus.unallocated(length);
      case NORMAL -> BlockStatus.data(length, host + (offset & clusterMask));
      case ZERO_PLAIN -> BlockStatus.zero(length);
      case ZERO_ALLOCATED ->
          new BlockStatus(length, true, false, true, false, host + (offset & clusterMask));
      case COMPRESSED ->
          new BlockStatus(length, true, true, false, true, BlockStatus.UNKNOWN_OFFSET);
    };
  }
}
