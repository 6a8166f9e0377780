package io.ashlar.driver.copyonread;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * An image in memory over a backing file: sectors that were never written are unallocated and read
 * from below. Single requests are atomic.
 */
final class Overlay implements BlockNode {
  static final int SECTOR = 512;

  final MemoryNode top;
  final MemoryNode backing;
  private final int cluster;
  private final BitSet allocated = new BitSet();
  private final Waits.WaitLock lock;

  Overlay(Waits waits, int length, int cluster) {
    this.top = MemoryNode.fixed(length);
    this.backing = MemoryNode.fixed(length);
    this.cluster = cluster;
    this.lock = waits.newLock();
  }

  /** How many sectors the upper image holds. */
  int allocatedSectors() {
    return allocated.cardinality();
  }

  boolean isAllocated(long offset) {
    return allocated.get((int) (offset / SECTOR));
  }

  @Override
  public NodeTraits traits() {
    return new NodeTraits(1, 1, cluster, false, true, NodeTraits.PLAIN);
  }

  @Override
  public long length() {
    return top.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    locked(
        () -> {
          while (target.hasRemaining()) {
            long at = offset + target.position();
            int count = (int) Math.min(target.remaining(), SECTOR - at % SECTOR);
            ByteBuffer piece = target.slice(target.position(), count);
            (isAllocated(at) ? top : backing).read(at, piece, flags);
            target.position(target.position() + count);
          }
        });
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    int count = source.remaining();
    locked(
        () -> {
          top.write(offset, source, flags);
          mark(offset, count);
        });
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    locked(
        () -> {
          top.writeZeroes(offset, length, flags);
          mark(offset, length);
        });
  }

  @Override
  public void discard(long offset, long length, int flags) {
    writeZeroes(offset, length, IoFlags.NONE);
  }

  /** Tests write whole sectors. */
  private void mark(long offset, long length) {
    if (offset % SECTOR != 0 || length % SECTOR != 0) {
      throw new AssertionError("the overlay takes whole sectors");
    }
    allocated.set((int) (offset / SECTOR), (int) ((offset + length) / SECTOR));
  }

  @Override
  public void flush() {
    top.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    BlockStatus[] status = new BlockStatus[1];
    locked(
        () -> {
          top.status(offset, length);
          int sector = (int) (offset / SECTOR);
          boolean here = allocated.get(sector);
          int next = here ? allocated.nextClearBit(sector) : allocated.nextSetBit(sector);
          long end = next < 0 ? Long.MAX_VALUE : (long) next * SECTOR;
          long run = Math.min(length, end - offset);
          status[0] = here ? BlockStatus.data(run, offset) : BlockStatus.unallocated(run);
        });
    return status[0];
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return ReopenStep.unchanged(this);
  }

  @Override
  public void close() {
    top.close();
    backing.close();
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }
}
