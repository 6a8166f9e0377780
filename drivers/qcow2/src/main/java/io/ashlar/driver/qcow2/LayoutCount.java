package io.ashlar.driver.qcow2;

import io.ashlar.spi.Checkable.Layout;

/** Counts, on the way of a walk, how the clusters that guests see lie in the file. */
final class LayoutCount implements ImageWalk.References {
  private final ImageWalk.References references;
  private final Geometry g;
  private long allocated;
  private long fragmented;
  private long compressed;

  /** Where the next cluster would have to lie to follow the last one; 0 without one. */
  private long next;

  /**
   * Nothing is counted yet.
   *
   * @param references sees all references too
   */
  LayoutCount(ImageWalk.References references, Geometry g) {
    this.references = references;
    this.g = g;
  }

  @Override
  public void used(long offset, long bytes) {
    references.used(offset, bytes);
  }

  @Override
  public void claimed(long offset, long bytes, ImageWalk.Findings findings) {
    references.claimed(offset, bytes, findings);
  }

  @Override
  public void table() {
    next = 0;
  }

  @Override
  public void guest(long offset, boolean stream) {
    allocated++;
    if (stream) {
      // Even neighbours are read one by one.
      compressed++;
      fragmented++;
      return;
    }
    if (next != 0 && offset != next) {
      fragmented++;
    }
    next = offset + g.clusterSize();
  }

  /**
   * What was counted.
   *
   * @param clusters of the file, up to the last one in use
   */
  Layout layout(long clusters, long virtualSize) {
    long total = Geometry.ceilDiv(virtualSize, g.clusterSize());
    return new Layout(clusters << g.clusterBits(), total, allocated, fragmented, compressed);
  }
}
