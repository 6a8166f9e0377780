package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import java.nio.ByteBuffer;

/**
 * Walks everything that refers to clusters of an image (section 6), reading tables in pieces: at
 * most one cluster and 64 KiB are held. What is found wrong on the way is told, and the walk goes
 * on. Stored bitmaps have a {@link BitmapWalk} of their own.
 */
final class ImageWalk {
  /** Sees the references, one each. */
  interface References {
    /** Bytes that are in use; each cluster they touch has one more reference. */
    void used(long offset, long bytes);

    /**
     * Bytes that a stored bitmap says are its own. A cluster with any other user is not: bitmaps
     * share nothing, so the bitmap's table is wrong there.
     */
    default void claimed(long offset, long bytes, Findings findings) {
      used(offset, bytes);
    }

    /** The clusters of the next L2 table follow. */
    default void table() {}

    /**
     * What a cluster that guests see has in the file; in the order that guests see.
     *
     * @param stream whether it is compressed
     */
    default void guest(long offset, boolean stream) {}
  }

  /** Sees what is wrong. */
  interface Findings {
    /** Something that may cost data. */
    void corruption(String text);

    /** Damage of a stored bitmap: the bitmap is lost, and no guest data. */
    default void bitmap(String text) {
      corruption(text);
    }

    /** Something that is as it may be, and worth telling. */
    default void remark(String text) {}
  }

  private static final int PIECE = 65_536;

  private final BlockIo file;
  private final Header header;
  private final Geometry g;
  private final long fileLength;
  private Visited visited = new Visited();

  ImageWalk(BlockIo file, Header header) {
    this.file = file;
    this.header = header;
    this.g = header.geometry();
    this.fileLength = file.length() + 511 & -512;
  }

  /** Bytes of the file, rounded up to 512. */
  long fileLength() {
    return fileLength;
  }

  /** Clusters of the file. */
  long clusters() {
    return g.clustersFor(fileLength);
  }

  /** Header, active tables and data. */
  void walk(References references, Findings findings) {
    visited = new Visited();
    use(0, g.clusterSize(), references, findings);
    use(header.l1Offset(), 8L * header.l1Size(), references, findings);
    eachEntry(
        header.l1Offset(), header.l1Size(), (index, entry) -> l1Entry(entry, references, findings));
  }

  private void l1Entry(long entry, References references, Findings findings) {
    long offset = L2Entry.offset(entry);
    if (offset == 0) {
      return;
    }
    if ((entry & L2Entry.L1_RESERVED) != 0) {
      findings.corruption("ERROR found L1 entry with reserved bits set: " + hex(entry));
    }
    use(offset, g.clusterSize(), references, findings);
    if (!g.aligned(offset)) {
      findings.corruption(
          "ERROR l2_offset=" + hex(offset) + ": Table is not cluster aligned; L1 entry corrupted");
      return;
    }
    if (offset >= fileLength || !enter(offset, findings)) {
      return;
    }
    references.table();
    eachEntry(offset, g.l2Entries(), (i, e) -> l2Entry(e, references, findings));
  }

  private boolean enter(long table, Findings findings) {
    boolean first = visited.enter(table >>> g.clusterBits());
    if (!first) {
      findings.corruption("ERROR the table at offset 0x" + hex(table) + " is used more than twice");
    }
    return first;
  }

  private void l2Entry(long entry, References references, Findings findings) {
    if (L2Entry.compressed(entry)) {
      if (L2Entry.copied(entry)) {
        findings.corruption(
            "ERROR: coffset="
                + hex(g.compressedOffset(entry))
                + ": copied flag must never be set for compressed clusters");
      }
      references.guest(g.compressedOffset(entry), true);
      use(g.compressedOffset(entry), g.compressedLength(entry), references, findings);
      return;
    }
    if ((entry & L2Entry.L2_RESERVED) != 0) {
      findings.corruption("ERROR found l2 entry with reserved bits set: " + hex(entry));
    }
    long offset = L2Entry.offset(entry);
    if (offset == 0) {
      return;
    }
    if (!g.aligned(offset)) {
      boolean zero = (entry & L2Entry.ZERO) != 0;
      findings.corruption(
          "ERROR offset="
              + hex(offset)
              + (zero ? ": Preallocated cluster" : ": Data cluster")
              + " is not properly aligned; L2 entry corrupted.");
    }
    references.guest(offset, false);
    use(offset, g.clusterSize(), references, findings);
  }

  /** The clusters of the refcount table. */
  void walkRefcountTable(References references, Findings findings) {
    long bytes = (long) header.refcountTableClusters() << g.clusterBits();
    use(header.refcountTableOffset(), bytes, references, findings);
  }

  /** Reports a reference, or that it lies behind the end of the file. */
  private void use(long offset, long bytes, References references, Findings findings) {
    if (bytes == 0) {
      return;
    }
    if (offset > fileLength || offset + bytes - fileLength >= g.clusterSize()) {
      findings.corruption(
          "ERROR: counting reference for region exceeding the end of the file by one cluster or"
              + " more: offset 0x"
              + hex(offset)
              + " size 0x"
              + hex(bytes));
      return;
    }
    references.used(offset, bytes);
  }

  /** Shows the 64-bit entries of a table, as far as the file goes. */
  void eachEntry(long offset, long count, BitmapTable.Visitor visitor) {
    long there = Math.min(count, Math.max(0, (fileLength - offset + 7) / 8));
    // Most tables are far shorter than a piece, and there are many.
    byte[] piece = new byte[(int) Math.min(PIECE, there * 8)];
    ByteBuffer longs = ByteBuffer.wrap(piece);
    for (long from = 0; from < there; from += PIECE / 8) {
      HeaderCodec.readPadded(file, offset + from * 8, piece);
      int n = (int) Math.min(PIECE / 8, there - from);
      for (int i = 0; i < n; i++) {
        long entry = longs.getLong(i * 8);
        if (entry != 0) {
          visitor.entry(from + i, entry);
        }
      }
    }
  }

  private static String hex(long value) {
    return Long.toHexString(value);
  }
}
