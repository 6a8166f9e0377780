package io.ashlar.spi.support;

/** Arithmetic of clusters whose size is a power of two. */
public final class Clusters {
  private Clusters() {}

  /**
   * The smallest power of two that is at least {@code wish}, kept within the bounds.
   *
   * @param least a power of two
   * @param most a power of two
   */
  public static int size(long wish, int least, int most) {
    long size = least;
    while (size < wish && size < most) {
      size <<= 1;
    }
    return (int) size;
  }

  /** The start of the cluster that holds {@code offset}. */
  public static long down(long offset, long cluster) {
    return offset & -cluster;
  }

  /** The first cluster border at or after {@code offset}. */
  public static long up(long offset, long cluster) {
    return (offset + cluster - 1) & -cluster;
  }
}
