package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import java.nio.ByteBuffer;

/**
 * Compares the COPIED flags of the active tables with the stored refcounts (section 5.5), and sets
 * them right.
 */
final class CopiedCheck {
  private final BlockIo file;
  private final Header header;
  private final Geometry g;
  private final ImageWalk walk;

  CopiedCheck(BlockIo file, Header header) {
    this.file = file;
    this.header = header;
    this.g = header.geometry();
    this.walk = new ImageWalk(file, header);
  }

  /**
   * Checks all flags.
   *
   * @param tally hears of each wrong one
   * @param fix whether to write them; flushed before the return
   */
  void run(RefcountCheck.Tally tally, boolean fix) {
    StoredRefcounts stored = new StoredRefcounts(file, header, walk);
    Visited visited = new Visited();
    walk.eachEntry(
        header.l1Offset(),
        header.l1Size(),
        (index, entry) -> {
          l1Entry(index, entry, stored, tally, fix);
          long table = L2Entry.offset(entry);
          if (walked(table, visited)) {
            walk.eachEntry(
                table, g.l2Entries(), (i, e) -> l2Entry(table + i * 8, e, stored, tally, fix));
          }
        });
    if (fix) {
      file.flush();
    }
  }

  private void l1Entry(
      long index, long entry, StoredRefcounts stored, RefcountCheck.Tally tally, boolean fix) {
    long offset = L2Entry.offset(entry);
    if (offset == 0) {
      return;
    }
    long refcount = stored.get(offset >>> g.clusterBits());
    if ((refcount == 1) != L2Entry.copied(entry)) {
      tally.corruption(
          "ERROR OFLAG_COPIED L2 cluster: l1_index="
              + index
              + " l1_entry="
              + Long.toHexString(entry)
              + " refcount="
              + Long.toUnsignedString(refcount));
      if (fix) {
        put(header.l1Offset() + index * 8, flagged(entry, refcount));
      }
    }
  }

  private boolean walked(long table, Visited visited) {
    return table != 0
        && g.aligned(table)
        && table < walk.fileLength()
        && visited.enter(table >>> g.clusterBits());
  }

  private void l2Entry(
      long at, long entry, StoredRefcounts stored, RefcountCheck.Tally tally, boolean fix) {
    long offset = L2Entry.offset(entry);
    if (L2Entry.compressed(entry) || offset == 0) {
      return;
    }
    long refcount = stored.get(offset >>> g.clusterBits());
    if ((refcount == 1) != L2Entry.copied(entry)) {
      tally.corruption(
          "ERROR OFLAG_COPIED data cluster: l2_entry="
              + Long.toHexString(entry)
              + " refcount="
              + Long.toUnsignedString(refcount));
      if (fix) {
        put(at, flagged(entry, refcount));
      }
    }
  }

  /** Makes zero clusters with a damaged place plain ones: they lose nothing. */
  void dropUnalignedZeroes() {
    boolean[] any = new boolean[1];
    Visited visited = new Visited();
    walk.eachEntry(
        header.l1Offset(),
        header.l1Size(),
        (index, l1) -> {
          long table = L2Entry.offset(l1);
          if (!walked(table, visited)) {
            return;
          }
          walk.eachEntry(
              table,
              g.l2Entries(),
              (i, entry) -> {
                boolean zero = (entry & (L2Entry.COMPRESSED | L2Entry.ZERO)) == L2Entry.ZERO;
                if (zero && !g.aligned(L2Entry.offset(entry))) {
                  put(table + i * 8, L2Entry.ZERO);
                  any[0] = true;
                }
              });
        });
    if (any[0]) {
      file.flush();
    }
  }

  private static long flagged(long entry, long refcount) {
    return refcount == 1 ? entry | L2Entry.COPIED : entry & ~L2Entry.COPIED;
  }

  private void put(long at, long entry) {
    file.write(at, ByteBuffer.allocate(8).putLong(0, entry), 0);
  }
}
