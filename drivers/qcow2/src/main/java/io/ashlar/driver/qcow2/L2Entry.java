package io.ashlar.driver.qcow2;

/** Bits of the entries of L1 tables, standard L2 tables and refcount tables (sections 5 and 6). */
final class L2Entry {
  /** The target's refcount is exactly 1. */
  static final long COPIED = 1L << 63;

  /** The entry is a compressed descriptor. */
  static final long COMPRESSED = 1L << 62;

  /** The cluster reads as zeroes (version 3). */
  static final long ZERO = 1L;

  /** The host offset in L1 and standard L2 entries. */
  static final long OFFSET_MASK = 0x00FF_FFFF_FFFF_FE00L;

  /** Bits of a standard L2 entry that have to be zero. */
  static final long L2_RESERVED = 0x3F00_0000_0000_01FEL;

  /** Bits of an L1 entry that have to be zero. */
  static final long L1_RESERVED = 0x7F00_0000_0000_01FFL;

  /** The offset of a refcount block in a refcount table entry; the other bits are reserved. */
  static final long BLOCK_OFFSET_MASK = 0xFFFF_FFFF_FFFF_FE00L;

  private L2Entry() {}

  /** The host offset of an L1 or a standard L2 entry. */
  static long offset(long entry) {
    return entry & OFFSET_MASK;
  }

  /** Whether an L2 entry is a compressed descriptor. */
  static boolean compressed(long entry) {
    return (entry & COMPRESSED) != 0;
  }

  /** Whether an entry says that its target's refcount is exactly 1. */
  static boolean copied(long entry) {
    return (entry & COPIED) != 0;
  }
}
