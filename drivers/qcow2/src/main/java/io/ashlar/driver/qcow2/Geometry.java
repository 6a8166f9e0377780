package io.ashlar.driver.qcow2;

/**
 * The arithmetic of an image that follows from its cluster size and refcount width (section 1 of
 * the format). All sizes in bytes; L2 entries are 8 bytes wide.
 *
 * @param clusterBits log2 of the cluster size, 9 to 21
 * @param refcountOrder log2 of the refcount width in bits, 0 to 6
 */
record Geometry(int clusterBits, int refcountOrder) {
  /** Smallest cluster_bits. */
  static final int MIN_CLUSTER_BITS = 9;

  /** Largest cluster_bits. */
  static final int MAX_CLUSTER_BITS = 21;

  /** Largest active L1 table, in entries (32 MiB). */
  static final int MAX_L1_ENTRIES = 4_194_304;

  /** Largest refcount table in bytes (8 MiB). */
  static final int MAX_REFCOUNT_TABLE_BYTES = 8 << 20;

  /** Host offsets of tables and data lie below this. */
  static final long MAX_HOST_OFFSET = 1L << 56;

  Geometry {
    if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
      throw new IllegalArgumentException("cluster_bits " + clusterBits + " is not in 9..21");
    }
    if (refcountOrder < 0 || refcountOrder > 6) {
      throw new IllegalArgumentException("refcount_order " + refcountOrder + " is not in 0..6");
    }
  }

  /** Bytes of a cluster. */
  int clusterSize() {
    return 1 << clusterBits;
  }

  /** Entries of an L2 table, which is exactly one cluster. */
  int l2Entries() {
    return 1 << (clusterBits - 3);
  }

  /** log2 of the guest bytes that one L2 table maps. */
  int l2SpanBits() {
    return clusterBits + clusterBits - 3;
  }

  /** Guest bytes that one L2 table maps. */
  long l2Span() {
    return 1L << l2SpanBits();
  }

  /** L1 entries that a virtual size needs. */
  long l1EntriesFor(long virtualSize) {
    return ceilDiv(virtualSize, l2Span());
  }

  /** Index of the L1 entry for a guest offset. */
  long l1Index(long guestOffset) {
    return guestOffset >>> l2SpanBits();
  }

  /** Index in its L2 table of the entry for a guest offset. */
  int l2Index(long guestOffset) {
    return (int) (guestOffset >>> clusterBits) & (l2Entries() - 1);
  }

  /** Place within the cluster. */
  int inCluster(long offset) {
    return (int) offset & (clusterSize() - 1);
  }

  /** Rounds down to a cluster boundary. */
  long clusterStart(long offset) {
    return offset & -(long) clusterSize();
  }

  /** Clusters that so many bytes from a cluster boundary take. */
  long clustersFor(long bytes) {
    return ceilDiv(bytes, clusterSize());
  }

  /** Whether an offset is a cluster boundary. */
  boolean aligned(long offset) {
    return (offset & (clusterSize() - 1)) == 0;
  }

  /** Width of a refcount in bits. */
  int refcountBits() {
    return 1 << refcountOrder;
  }

  /** Refcounts in one refcount block, which is exactly one cluster. */
  int refcountsPerBlock() {
    return 1 << (clusterBits + 3 - refcountOrder);
  }

  /** log2 of {@link #refcountsPerBlock()}. */
  int refcountsPerBlockBits() {
    return clusterBits + 3 - refcountOrder;
  }

  /** Most clusters that the refcount table may take. */
  int maxRefcountTableClusters() {
    return MAX_REFCOUNT_TABLE_BYTES >> clusterBits;
  }

  /** Largest virtual size that the L1 limit allows. */
  long maxVirtualSize() {
    return (long) MAX_L1_ENTRIES << l2SpanBits();
  }

  /** log2 of the first bit of the sector count in a compressed descriptor. */
  int compressedCountShift() {
    return 62 - (clusterBits - 8);
  }

  /** The byte offset in a compressed descriptor; a descriptor beyond 2^56 is corrupt. */
  long compressedOffset(long entry) {
    return entry & ((1L << compressedCountShift()) - 1);
  }

  /** Bytes that may be read for a compressed descriptor: at most two clusters. */
  int compressedLength(long entry) {
    int shift = compressedCountShift();
    long more = (entry >>> shift) & ((1L << (62 - shift)) - 1);
    return (int) ((more + 1) * 512 - (compressedOffset(entry) & 511));
  }

  /**
   * The descriptor of a compressed stream.
   *
   * @param offset its first byte in the file
   * @param length its bytes, at least 1
   */
  long compressedEntry(long offset, int length) {
    long more = (offset + length - 1) / 512 - offset / 512;
    return L2Entry.COMPRESSED | (more << compressedCountShift()) | offset;
  }

  /**
   * Clusters for the refcount table and the refcount blocks that describe {@code others} clusters
   * and themselves (section 6.4).
   *
   * @return table clusters, then blocks
   */
  long[] refcountClustersFor(long others) {
    long table = 0;
    long blocks = 0;
    while (true) {
      long nextBlocks = ceilDiv(others + table + blocks, refcountsPerBlock());
      long nextTable = ceilDiv(nextBlocks, clusterSize() / 8);
      if (nextBlocks == blocks && nextTable == table) {
        return new long[] {table, blocks};
      }
      blocks = nextBlocks;
      table = nextTable;
    }
  }

  /** Division of numbers that are not negative, rounding up, without overflow. */
  static long ceilDiv(long dividend, long divisor) {
    return dividend / divisor + (dividend % divisor == 0 ? 0 : 1);
  }
}
