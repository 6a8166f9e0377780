package io.ashlar.engine.job;

import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CopyBeforeWrite;
import java.util.function.Predicate;

/**
 * Takes off a filter's list what need not be copied, by the status of the source. It runs beside
 * the guest's writes: a cluster that is still wanted has not changed since the filter began, for
 * whatever changes it copies it first. Only clusters that lie wholly in such ranges are taken off.
 */
final class SkipScan {
  private final JobCore core;
  private final DeviceCore device;
  private final CopyBeforeWrite filter;
  private final long length;
  private final Predicate<BlockStatus> needless;
  private long skipped;

  /**
   * A scan.
   *
   * @param device shows the source
   * @param length bytes of the source
   * @param needless which ranges need no copy
   */
  SkipScan(
      JobCore core,
      DeviceCore device,
      CopyBeforeWrite filter,
      long length,
      Predicate<BlockStatus> needless) {
    this.core = core;
    this.device = device;
    this.filter = filter;
    this.length = length;
    this.needless = needless;
  }

  /** Runs it, until the job is to end; returns bytes that were taken off the list. */
  long run() {
    long cluster = filter.clusterSize();
    long start = 0; // of the present run of needless bytes
    long at = 0;
    while (at < length && core.enter(0)) {
      try {
        BlockStatus status = device.status(at, length - at);
        if (!needless.test(status)) {
          skip(start, at, cluster);
          start = at + status.length();
        }
        at += status.length();
      } finally {
        core.leave();
      }
    }
    skip(start, at, cluster);
    return skipped;
  }

  private void skip(long start, long end, long cluster) {
    long first = (start + cluster - 1) / cluster * cluster;
    long last = end == length ? end : end / cluster * cluster;
    if (first < last) {
      long before = filter.remaining();
      filter.skip(first, last - first);
      skipped += before - filter.remaining();
    }
  }
}
