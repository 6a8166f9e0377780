package io.ashlar.driver.copyonread;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Operation;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.support.BufferPool;
import io.ashlar.spi.support.Clusters;
import io.ashlar.spi.support.Zeroes;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Copies clusters that the child has nothing of from below it into the child. A copy runs under the
 * exclusive lock of its cluster and looks again first, because a guest may have written the cluster
 * since; it is flagged UNCHANGED because what readers see stays the same.
 */
@SuppressWarnings("try") // a lock is held, not used
final class Filler {
  private static final int SMALLEST_CLUSTER = 4096;
  private static final int LARGEST_CLUSTER = 2 << 20;
  private static final int BUFFERS = 16;

  private final String name;
  private final long cluster;
  private final RangeLock locks;
  private final BufferPool buffers;
  private final Consumer<NodeEvent> reporter;
  private final AtomicBoolean failing = new AtomicBoolean();
  private volatile boolean childTakesWrites = true;

  Filler(OpenContext context, Child file) {
    int size = Clusters.size(file.traits().optimalTransfer(), SMALLEST_CLUSTER, LARGEST_CLUSTER);
    name = context.nodeName();
    cluster = size;
    locks = context.rangeLock(size);
    buffers = new BufferPool(context.waits(), size, BUFFERS);
    reporter = context::report;
  }

  /** The locks that guest writes share with fills. */
  RangeLock locks() {
    return locks;
  }

  /** Whether fills make sense: not above a child that turned out to be read-only. */
  boolean active() {
    return childTakesWrites;
  }

  /** The graph changed: what was refused before may work now. */
  void retry() {
    childTakesWrites = true;
  }

  /** Fills what can be filled of a range for a guest's read, which goes on in any case. */
  void tryFill(Child file, long offset, long length) {
    try {
      fill(file, offset, length);
    } catch (BlockException e) {
      if (!failing.getAndSet(true)) {
        reporter.accept(
            new NodeEvent.SideWorkFailed(
                "copy-on-read node '%s' could not store what was read at %d: %s"
                    .formatted(name, offset, e.getMessage())));
      }
    }
  }

  /**
   * Fills all clusters of a range that have something unallocated.
   *
   * @throws BlockException what status, read or write failed with; a child that is read-only ends
   *     the fill without error
   */
  void fill(Child file, long offset, long length) {
    long end = Math.min(offset + length, file.length());
    boolean copied = false;
    for (long at = offset; at < end && active(); ) {
      BlockStatus status = file.status(at, end - at);
      if (status.allocated()) {
        at += status.length();
        continue;
      }
      long next = Clusters.down(at, cluster) + cluster;
      copied |= fillCluster(file, next - cluster);
      at = next;
    }
    if (copied) {
      failing.set(false);
    }
  }

  private boolean fillCluster(Child file, long start) {
    boolean copied = false;
    try (RangeLock.Held held = locks.exclusive(start, cluster)) {
      long end = Math.min(start + cluster, file.length());
      for (long at = start; at < end; ) {
        BlockStatus status = file.status(at, end - at);
        if (!status.allocated()) {
          copy(file, at, status.length());
          copied = true;
        }
        at += status.length();
      }
    } catch (BlockException e) {
      if (e.code() != ErrorCode.READ_ONLY) {
        throw e;
      }
      childTakesWrites = false;
    }
    return copied;
  }

  private void copy(Child file, long offset, long length) {
    ByteBuffer buffer = buffers.take();
    try {
      buffer.limit(Math.toIntExact(length));
      file.read(offset, buffer, IoFlags.NONE);
      buffer.rewind();
      if (Zeroes.fill(buffer) && file.traits().operations().contains(Operation.WRITE_ZEROES)) {
        // Not MAY_UNMAP: the range is to be allocated, or it would be read from below again.
        file.writeZeroes(offset, length, IoFlags.UNCHANGED);
      } else {
        file.write(offset, buffer, IoFlags.UNCHANGED);
      }
    } finally {
      buffers.giveBack(buffer);
    }
  }
}
