package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OpenContext;
import java.util.BitSet;

/**
 * Writes the clusters again that a failed flush may have lost and that only entries in memory name.
 * Were such an entry written with nothing behind it, guests would find what lay there before: bytes
 * of another cluster, a stream that cannot be decompressed, or none of what was durable in the old
 * cluster and had been copied. What the storage lost is still read from its cache; where it is not,
 * the guest's next flush tells of the loss all the same.
 *
 * <p>Nobody else writes meanwhile. After a failed flush guests write in place under stripes as
 * well, until a round is good; the others who may do so without were in flight when it failed, and
 * have to leave first.
 */
final class LostClusters {
  private static final long PAUSE_NANOS = 1_000_000;
  private static final int PAUSES = 500;

  private final HostFile file;
  private final Geometry geometry;
  private final Mapping mapping;
  private final StripeLocks stripes;
  private final InFlight inFlight;
  private final OpenContext context;
  private BitSet inside = new BitSet();
  private long failures;

  LostClusters(
      HostFile file,
      Geometry geometry,
      Mapping mapping,
      StripeLocks stripes,
      InFlight inFlight,
      OpenContext context) {
    this.file = file;
    this.geometry = geometry;
    this.mapping = mapping;
    this.stripes = stripes;
    this.inFlight = inFlight;
    this.context = context;
  }

  /**
   * Writes them; the flush that follows makes them durable. At the beginning of a round.
   *
   * @param failed flushes that failed until now
   * @throws BlockException of the storage; IO_ERROR when requests stay in flight, as the one does
   *     that waits for this round
   */
  void rewrite(long failed) {
    if (failures != failed) {
      failures = failed;
      inside = inFlight.inside();
    }
    for (int i = 0; !inFlight.haveLeft(inside); i++) {
      if (i == PAUSES) {
        throw new BlockException(
            ErrorCode.IO_ERROR,
            "node '%s': a flush failed while guests wrote, and they are not done; try again"
                .formatted(context.nodeName()));
      }
      context.waits().sleep(PAUSE_NANOS);
    }
    long all = stripes.lockAll();
    try {
      for (long entry : mapping.freshEntries()) {
        rewriteCluster(entry);
      }
    } finally {
      stripes.unlock(all);
    }
  }

  private void rewriteCluster(long entry) {
    switch (ClusterType.of(entry)) {
      case NORMAL -> rewrite(L2Entry.offset(entry), geometry.clusterSize());
      case COMPRESSED ->
          rewrite(geometry.compressedOffset(entry), geometry.compressedLength(entry));
      case UNALLOCATED, ZERO_PLAIN, ZERO_ALLOCATED -> {}
    }
  }

  private void rewrite(long offset, int length) {
    int there = (int) Math.min(length, file.length() - offset);
    if (there > 0) {
      file.write(offset, file.read(offset, there));
    }
  }
}
