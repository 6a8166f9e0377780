package io.ashlar.driver.qcow2;

import io.ashlar.spi.Waits;
import java.util.BitSet;
import java.util.List;

/**
 * What a {@link MetadataRound} does with refcounts; the lock is held for no I/O but the table's.
 */
final class RefcountWriteBack {
  private final Refcounts counts;
  private final Waits.WaitLock lock;

  RefcountWriteBack(Refcounts counts, Waits.WaitLock lock) {
    this.counts = counts;
    this.lock = lock;
  }

  /** Writes the dirty refcount blocks, after a round copied its slices. */
  void writeBlocks(List<Refcounts.Block> taken) {
    lock.lock();
    try {
      taken.addAll(counts.beginWrite());
    } finally {
      lock.unlock();
    }
    for (Refcounts.Block block : taken) {
      byte[] copy;
      lock.lock();
      try {
        copy = counts.copy(block);
      } finally {
        lock.unlock();
      }
      counts.writeBlock(block, copy);
    }
  }

  /** Ends the writing of blocks. */
  void endBlocks(List<Refcounts.Block> taken, boolean durable) {
    lock.lock();
    try {
      counts.endWrite(taken, durable);
    } finally {
      lock.unlock();
    }
  }

  /** Whether entries of the refcount table wait to be written. */
  boolean tableDirty() {
    lock.lock();
    try {
      return counts.tableDirty();
    } finally {
      lock.unlock();
    }
  }

  /** Writes changed entries of the refcount table; see {@link Refcounts#writeTable}. */
  BitSet writeTable() {
    lock.lock();
    try {
      return counts.writeTable();
    } finally {
      lock.unlock();
    }
  }

  /** What {@link #writeTable} wrote is not durable. */
  void tableNotDurable(BitSet sectors) {
    lock.lock();
    try {
      counts.tableNotDurable(sectors);
    } finally {
      lock.unlock();
    }
  }
}
