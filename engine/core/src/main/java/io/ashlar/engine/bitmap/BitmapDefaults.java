package io.ashlar.engine.bitmap;

import io.ashlar.spi.BlockNode;

/** What a new bitmap has unless it is said otherwise. */
public final class BitmapDefaults {
  private static final long SMALLEST = 4096;
  private static final long LARGEST = 65536;

  private BitmapDefaults() {}

  /** Bytes per bit: QEMU's rule, the cluster size within 4 KiB and 64 KiB. */
  public static long granularity(BlockNode driver) {
    Object clusterSize = driver.details().get("cluster-size");
    long size = clusterSize instanceof Number n ? n.longValue() : LARGEST;
    return Math.max(SMALLEST, Math.min(LARGEST, size));
  }
}
