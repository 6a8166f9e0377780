package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;

/**
 * Replaces the refcount table by a larger one (section 6.3): new blocks, flush, new table, flush,
 * header. Everything new lies in clusters that the old table cannot describe, so that nothing
 * changes before the header does. Under the allocator's lock.
 */
final class RefcountGrowth {
  private final HostFile file;
  private final Geometry geometry;
  private final Refcounts counts;
  private final HeaderSwitch header;
  private long freedClusters;

  RefcountGrowth(HostFile file, Geometry geometry, Refcounts counts, HeaderSwitch header) {
    this.file = file;
    this.geometry = geometry;
    this.counts = counts;
    this.header = header;
  }

  /** Clusters of the table that the last {@link #grow} replaced. */
  long freedClusters() {
    return freedClusters;
  }

  /**
   * Grows the table.
   *
   * @param least entries needed
   * @return host offset of the old table, which is free now
   * @throws BlockException NO_SPACE at the format's limit; nothing has changed then
   */
  long grow(long least) {
    header.settle();
    counts.writeBack(); // a table may name a block only when the block is durable
    int perCluster = geometry.clusterSize() / 8;
    long start = (long) counts.tableEntries() << geometry.refcountsPerBlockBits();
    long firstBlock = counts.tableEntries();
    long wanted = Math.max(least, counts.tableEntries() + counts.tableEntries() / 2L);
    long tableClusters = Geometry.ceilDiv(wanted, perCluster);
    long blocks = 0;
    while (true) {
      long needed = Geometry.ceilDiv(tableClusters + blocks, geometry.refcountsPerBlock());
      long table = Math.max(tableClusters, Geometry.ceilDiv(firstBlock + needed, perCluster));
      if (needed == blocks && table == tableClusters) {
        break;
      }
      blocks = needed;
      tableClusters = table;
    }
    if (tableClusters > geometry.maxRefcountTableClusters()) {
      tableClusters = geometry.maxRefcountTableClusters();
      if (Math.max(least, firstBlock + blocks) > tableClusters * perCluster) {
        throw new BlockException(
            ErrorCode.NO_SPACE,
            "node '" + file.nodeName() + "': the refcount table is at the format's limit of 8 MiB");
      }
    }
    return write(start, (int) firstBlock, (int) blocks, (int) tableClusters);
  }

  private long write(long start, int firstBlock, int blockCount, int tableClusters) {
    int bits = geometry.clusterBits();
    long[] table = counts.tableCopy(tableClusters << (bits - 3));
    long used = start + tableClusters + blockCount;
    List<Refcounts.Block> added = new ArrayList<>();
    long mark = file.failedSyncs();
    for (int i = 0; i < blockCount; i++) {
      byte[] bytes = new byte[geometry.clusterSize()];
      long from = start + ((long) i << geometry.refcountsPerBlockBits());
      for (int slot = 0; slot < geometry.refcountsPerBlock() && from + slot < used; slot++) {
        RefcountCodec.set(bytes, geometry.refcountOrder(), slot, 1);
      }
      long offset = start + tableClusters + i << bits;
      table[firstBlock + i] = offset;
      file.write(offset, bytes);
      added.add(new Refcounts.Block(firstBlock + i, bytes));
    }
    file.syncSince(mark);
    Tables.write(file, start << bits, table);
    file.syncSince(mark);
    long old = header.header().refcountTableOffset();
    freedClusters = header.header().refcountTableClusters();
    header.change(h -> h.withRefcountTable(start << bits, tableClusters));
    counts.replaceTable(table, start << bits, added);
    return old;
  }
}
