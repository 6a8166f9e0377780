package io.ashlar.driver.qcow2;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * One write-back of all metadata in the order of section 16: refcount blocks, sync, entries of the
 * refcount table, sync, L2 slices and L1 entries, sync. A crash between any two leaks clusters at
 * most. What a failed round wrote counts as not written, and so does what any flush that failed
 * meanwhile may have lost, new clusters among it ({@link LostClusters}). One round runs at a time.
 */
final class MetadataRound implements Runnable {
  private final HostFile file;
  private final ClusterAllocator allocator;
  private final RefcountWriteBack refcounts;
  private final Mapping mapping;
  private final HeaderSwitch header;
  private final ImageFence fence;
  private final LostClusters lost;
  private volatile boolean refcountsMayWait;

  /** Failed flushes when the last good round began: none of its writes was lost by them. */
  private volatile long proven;

  MetadataRound(
      HostFile file,
      ClusterAllocator allocator,
      Mapping mapping,
      HeaderSwitch header,
      ImageFence fence,
      LostClusters lost) {
    this.lost = lost;
    this.header = header;
    this.fence = fence;
    this.file = file;
    this.allocator = allocator;
    this.refcounts = allocator.writeBack();
    this.mapping = mapping;
  }

  /** Leaves refcounts unwritten while the image carries the dirty bit. */
  void refcountsMayWait(boolean value) {
    refcountsMayWait = value;
  }

  /** Whether no flush has failed since the last good round began. */
  boolean proven() {
    return file.failedSyncs() == proven;
  }

  /**
   * Refuses what relies on that.
   *
   * @throws io.ashlar.spi.BlockException IO_ERROR
   */
  void requireProven() {
    file.requireKept(proven);
  }

  @Override
  public void run() {
    long mark = file.failedSyncs();
    header.settle(); // tables change only below a header that is certain
    if (mark != proven) {
      lost.rewrite(mark);
    }
    boolean durable = false;
    // Removals first, then the slices that show them; counts last, so that they cover the slices.
    Quarantine.Batch removals = allocator.beginRound();
    Mapping.Taken taken = mapping.beginRound();
    List<Refcounts.Block> blocks = new ArrayList<>();
    BitSet table = new BitSet();
    try {
      if (mark != proven) {
        mapping.rewriteNewTables(taken);
      }
      boolean dependent = !taken.isEmpty();
      if (!refcountsMayWait) {
        refcounts.writeBlocks(blocks);
        if (!blocks.isEmpty() && refcounts.tableDirty()) {
          file.syncSince(mark);
          table = refcounts.writeTable();
        }
      }
      if (dependent) {
        file.syncSince(mark); // counts, and copied data that the entries will expose
      }
      mapping.write(taken);
      fence.sync(() -> file.syncSince(mark));
      proven = mark;
      durable = true;
    } finally {
      if (!durable) {
        refcounts.tableNotDurable(table);
      }
      refcounts.endBlocks(blocks, durable);
      mapping.endRound(taken, durable);
      allocator.endRound(removals, durable);
    }
    allocator.releaseNow();
  }
}
