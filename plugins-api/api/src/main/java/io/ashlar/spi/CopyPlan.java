package io.ashlar.spi;

import java.util.Objects;

/**
 * What a copy-before-write filter is to save.
 *
 * @param wanted which granules hold something to save; {@code null} for everything. Read during
 *     {@link CopyBeforeWrite#begin} only. A cluster of the filter is saved when any granule in it
 *     is wanted
 * @param granularity bytes of each bit of {@code wanted}, a power of two; ignored without it
 * @param compressed whether clusters are written to the target with {@link IoFlags#COMPRESSED}
 * @param targetReadsZero whether the target reads as zeroes wherever nothing was written, so that
 *     clusters of zeroes need no write. Not for a target with a backing file
 */
public record CopyPlan(
    BitmapSource wanted, long granularity, boolean compressed, boolean targetReadsZero) {

  /** Checks the granularity. */
  public CopyPlan {
    if (wanted != null && (granularity < 1 || Long.bitCount(granularity) != 1)) {
      throw new IllegalArgumentException("a granularity is a power of two, not " + granularity);
    }
  }

  /** Everything, uncompressed, zeroes written too. */
  public static CopyPlan everything() {
    return new CopyPlan(null, 1, false, false);
  }

  /** The granules that a bitmap has dirty, uncompressed, zeroes written too. */
  public static CopyPlan dirty(BitmapSource bitmap, long granularity) {
    return new CopyPlan(Objects.requireNonNull(bitmap), granularity, false, false);
  }

  /** The same plan, compressed or not. */
  public CopyPlan withCompressed(boolean value) {
    return new CopyPlan(wanted, granularity, value, targetReadsZero);
  }

  /** The same plan for a target that reads as zeroes, or does not. */
  public CopyPlan withTargetReadsZero(boolean value) {
    return new CopyPlan(wanted, granularity, compressed, value);
  }
}
