package io.ashlar.engine.job;

import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.spi.CopyBeforeWrite;
import java.util.concurrent.atomic.AtomicLong;

/** What a filter still wants copied, cluster by cluster, each under a ticket of the job. */
final class FilterPieces implements CopyCrew.Pieces {
  private final CopyBeforeWrite filter;
  private final DeviceCore device;
  private final long length;
  private final AtomicLong cursor = new AtomicLong();

  /**
   * The clusters of a job.
   *
   * @param device the job's, for tickets
   * @param length bytes of the source
   */
  FilterPieces(CopyBeforeWrite filter, DeviceCore device, long length) {
    this.filter = filter;
    this.device = device;
    this.length = length;
  }

  @Override
  public long claim() {
    while (true) {
      long from = cursor.get();
      long next = filter.nextWanted(from);
      if (next < 0 || cursor.compareAndSet(from, next + filter.clusterSize())) {
        return next;
      }
    }
  }

  @Override
  public long size(long at) {
    return Math.min(filter.clusterSize(), length - at);
  }

  @Override
  public void copy(long at) {
    long ticket = device.gate().enter();
    try {
      filter.copyCluster(at);
    } finally {
      device.gate().leave(ticket);
    }
  }
}
