package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;

/** Whether the tables that a header names can be where it says, and of that size (section 1). */
final class HeaderTables {
  private static final int MAX_SNAPSHOTS = 65_536;

  private HeaderTables() {}

  /**
   * Checks them all.
   *
   * @param fileLength bytes of the file, to find tables that lie outside it
   * @throws BlockException IMAGE_CORRUPT with what was found and what is allowed
   */
  static void check(Header.Builder h, long fileLength, String where) {
    Geometry g = new Geometry(h.clusterBits, h.refcountOrder);
    if (h.refcountTableClusters == 0) {
      throw HeaderCodec.corrupt(where, "Image does not contain a reference count table");
    }
    if (h.refcountTableClusters < 0 || h.refcountTableClusters > g.maxRefcountTableClusters()) {
      throw HeaderCodec.corrupt(
          where,
          "Reference count table too large: "
              + Integer.toUnsignedString(h.refcountTableClusters)
              + " clusters of at most "
              + g.maxRefcountTableClusters());
    }
    checkPlace(
        g,
        h.refcountTableOffset,
        (long) h.refcountTableClusters << h.clusterBits,
        "Reference count table",
        where);
    if (h.refcountTableOffset >= fileLength) {
      throw truncated(where, "the reference count table", h.refcountTableOffset, fileLength);
    }
    if (h.snapshotCount < 0 || h.snapshotCount > MAX_SNAPSHOTS) {
      throw HeaderCodec.corrupt(
          where,
          "Snapshot table too large: "
              + Integer.toUnsignedString(h.snapshotCount)
              + " snapshots of at most "
              + MAX_SNAPSHOTS);
    }
    checkPlace(g, h.snapshotsOffset, h.snapshotCount * 40L, "Snapshot table", where);
    checkL1(g, h, fileLength, where);
  }

  private static void checkL1(Geometry g, Header.Builder h, long fileLength, String where) {
    if (h.l1Size < 0 || h.l1Size > Geometry.MAX_L1_ENTRIES) {
      throw HeaderCodec.corrupt(
          where,
          "Active L1 table too large: "
              + Integer.toUnsignedString(h.l1Size)
              + " entries of at most "
              + Geometry.MAX_L1_ENTRIES);
    }
    // Extended L2 entries halve what a table maps; their images are refused later, by name.
    long span = (h.incompatible & Header.EXTENDED_L2) != 0 ? g.l2Span() / 2 : g.l2Span();
    if (h.size < 0 || Geometry.ceilDiv(h.size, span) > Geometry.MAX_L1_ENTRIES) {
      throw HeaderCodec.corrupt(
          where,
          "Image is too big: "
              + Long.toUnsignedString(h.size)
              + " bytes of at most "
              + span * Geometry.MAX_L1_ENTRIES
              + " at this cluster size");
    }
    long needed = Geometry.ceilDiv(h.size, span);
    if (h.l1Size < needed) {
      throw HeaderCodec.corrupt(
          where,
          "L1 table is too small: "
              + h.l1Size
              + " entries where the size of "
              + h.size
              + " bytes needs "
              + needed);
    }
    checkPlace(g, h.l1Offset, 8L * h.l1Size, "Active L1 table", where);
    // A file may end within a sector; readers see it rounded up to 512.
    if (h.l1Size > 0 && h.l1Offset + 8L * h.l1Size > (fileLength + 511 & -512)) {
      throw truncated(where, "the active L1 table", h.l1Offset + 8L * h.l1Size, fileLength);
    }
  }

  private static void checkPlace(Geometry g, long offset, long bytes, String table, String where) {
    if (offset < 0 || !g.aligned(offset) || offset > Long.MAX_VALUE - bytes) {
      throw HeaderCodec.corrupt(
          where,
          table
              + " offset invalid: 0x"
              + Long.toHexString(offset)
              + " is no multiple of the cluster size "
              + g.clusterSize()
              + " within 2^63");
    }
  }

  private static BlockException truncated(String where, String what, long needed, long length) {
    return HeaderCodec.corrupt(
        where,
        what
            + " lies outside the file: byte "
            + needed
            + " of "
            + length
            + "; the file is truncated or damaged");
  }
}
