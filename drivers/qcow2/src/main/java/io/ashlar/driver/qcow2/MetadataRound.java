package io.ashlar.driver.qcow2;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * One write-back of all metadata in the order of section 16: refcount blocks, sync, entries of the
 * refcount table, sync, L2 slices and L1 entries, sync. A crash between any two leaks clusters at
 * most. What a failed round wrote counts as not written. One round runs at a time.
 */
final class MetadataRound implements Runnable {
  private final HostFile file;
  private final ClusterAllocator allocator;
  private final Mapping mapping;
  private volatile boolean refcountsMayWait;

  MetadataRound(HostFile file, ClusterAllocator allocator, Mapping mapping) {
    this.file = file;
    this.allocator = allocator;
    this.mapping = mapping;
  }

  /** Leaves refcounts unwritten while the image carries the dirty bit. */
  void refcountsMayWait(boolean value) {
    refcountsMayWait = value;
  }

  @Override
  public void run() {
    RuntimeException earlier = file.takeLost();
    boolean durable = false;
    // Removals first, then the slices that show them; counts last, so that they cover the slices.
    Quarantine.Batch removals = allocator.beginRound();
    Mapping.Taken taken = mapping.beginRound();
    List<Refcounts.Block> blocks = new ArrayList<>();
    BitSet table = new BitSet();
    try {
      mapping.rewriteNewTables(taken);
      boolean dependent = !taken.isEmpty();
      if (!refcountsMayWait) {
        allocator.writeBlocks(blocks);
        if (!blocks.isEmpty() && allocator.tableDirty()) {
          file.sync();
          table = allocator.writeTable();
        }
      }
      if (dependent) {
        file.sync(); // counts, and copied data that the entries will expose
      }
      mapping.write(taken);
      file.sync();
      durable = true;
    } finally {
      if (!durable) {
        allocator.tableNotDurable(table);
        file.takeLost(); // this round's callers and those who came meanwhile are told
      }
      allocator.endBlocks(blocks, durable);
      mapping.endRound(taken, durable);
      allocator.endRound(removals, durable);
    }
    allocator.releaseNow();
    if (earlier != null) {
      throw earlier;
    }
  }
}
