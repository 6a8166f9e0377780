package io.ashlar.driver.qcow2;

/** What an L2 entry says of a guest cluster (section 5.2). */
enum ClusterType {
  /** The backing file decides; zeroes without one. */
  UNALLOCATED,
  /** Data at a host offset. */
  NORMAL,
  /** Zeroes, no host cluster. */
  ZERO_PLAIN,
  /** Zeroes, with a host cluster in reserve. */
  ZERO_ALLOCATED,
  /** A compressed stream. */
  COMPRESSED;

  /** The type of an entry. */
  static ClusterType of(long entry) {
    if ((entry & L2Entry.COMPRESSED) != 0) {
      return COMPRESSED;
    }
    boolean there = (entry & L2Entry.OFFSET_MASK) != 0;
    if ((entry & L2Entry.ZERO) != 0) {
      return there ? ZERO_ALLOCATED : ZERO_PLAIN;
    }
    return there ? NORMAL : UNALLOCATED;
  }

  /** Whether the image alone says that the cluster reads as zeroes. */
  boolean zero() {
    return this == ZERO_PLAIN || this == ZERO_ALLOCATED;
  }
}
