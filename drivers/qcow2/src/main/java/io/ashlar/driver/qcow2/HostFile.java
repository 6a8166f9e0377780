package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.Waits;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The image file, through the node's {@code file} child. Reads past its end give zeroes, for images
 * may end in the middle of a cluster (section 20). During a prepared reopen the child is the staged
 * one. Thread-safe.
 */
final class HostFile {
  private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(1 << 16).asReadOnlyBuffer();

  private final AtomicReference<BlockException> lost = new AtomicReference<>();
  private final AtomicLong end = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final Waits.WaitLock syncLock;
  private volatile Child child;
  private volatile boolean unsynced;

  HostFile(Child child, Waits waits) {
    syncLock = waits.newLock();
    use(child);
  }

  /** Sends all that follows to another child; the node is quiesced. */
  void use(Child newChild) {
    child = newChild;
    end.set(newChild.length());
  }

  /** The name of the node behind, for messages. */
  String nodeName() {
    return child.nodeName();
  }

  /** The present length in bytes. */
  long length() {
    return child.length();
  }

  /**
   * Bytes from here on were never written, and read as zeroes. {@link Long#MAX_VALUE} when the file
   * does not grow by writing, for then nothing is known of its content.
   */
  long writtenEnd() {
    return child.traits().growsOnWrite() ? end.get() : Long.MAX_VALUE;
  }

  /** Fills the target; zeroes past the end of the file. */
  void read(long offset, ByteBuffer target) {
    Child c = child;
    if (c.traits().growsOnWrite()) {
      c.read(offset, target, IoFlags.NONE);
      return;
    }
    long there = Math.max(0, Math.min(target.remaining(), c.length() - offset));
    if (there == target.remaining()) {
      c.read(offset, target, IoFlags.NONE);
    } else {
      if (there > 0) {
        c.read(offset, target.slice(target.position(), (int) there), IoFlags.NONE);
        target.position(target.position() + (int) there);
      }
      Buffers.zero(target, target.remaining());
    }
  }

  /** A copy of that many bytes. */
  byte[] read(long offset, int length) {
    byte[] bytes = new byte[length];
    read(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  /**
   * Writes what remains in the source.
   *
   * @throws BlockException NO_SPACE among others; the range then holds anything
   */
  void write(long offset, ByteBuffer source) {
    Child c = child;
    if (c.traits().growsOnWrite()) {
      raiseEnd(offset + source.remaining());
    } else {
      requireWithin(offset + source.remaining());
    }
    c.write(offset, source, IoFlags.NONE);
  }

  private void requireWithin(long end) {
    if (end > child.length()) {
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "node '"
              + child.nodeName()
              + "' is full: its length is fixed at "
              + child.length()
              + " bytes");
    }
  }

  /** Writes all bytes. */
  void write(long offset, byte[] bytes) {
    write(offset, ByteBuffer.wrap(bytes));
  }

  /** Writes plain zero bytes, so that the space is taken. */
  void writeZeroBytes(long offset, long length) {
    for (long done = 0; done < length; ) {
      int part = (int) Math.min(length - done, ZEROES.capacity());
      write(offset + done, ZEROES.duplicate().limit(part));
      done += part;
    }
  }

  /** Makes a range read as zeroes in whatever way the storage has. */
  void writeZeroes(long offset, long length, int flags) {
    if (child.traits().growsOnWrite()) {
      raiseEnd(offset + length);
    } else {
      requireWithin(offset + length);
    }
    child.writeZeroes(offset, length, flags);
  }

  /** Makes the file at least that long, without taking the space; what is new reads as zeroes. */
  void reach(long length) {
    if (child.length() < length) {
      writeZeroBytes(length - 512, 512);
    }
  }

  /** Gives a freed range back to the file below, if that one cares. */
  void discard(long offset, long length) {
    long there = Math.min(length, child.length() - offset);
    if (there > 0) {
      child.discard(offset, there, IoFlags.NONE);
    }
  }

  /**
   * Writes data of guests. When a flush fails that may have lost some, {@link #takeLost} says so.
   */
  void writeGuest(long offset, ByteBuffer source) {
    long before = failed.get();
    if (!unsynced) {
      unsynced = true;
    }
    write(offset, source);
    if (!unsynced) {
      unsynced = true; // a flush that came in between need not have covered it
    }
    if (failed.get() != before) {
      lost.compareAndSet(null, lostWrites());
    }
  }

  /** Flushes that failed so far. */
  long failedSyncs() {
    return failed.get();
  }

  /**
   * Makes what was written durable since {@link #failedSyncs} was {@code since}. After a flush that
   * failed, one that succeeds proves nothing of what was written before: the storage reports a lost
   * write once.
   *
   * @throws BlockException of the storage; IO_ERROR when another flush failed since then
   */
  void syncSince(long since) {
    syncLock.lock();
    try {
      boolean data = unsynced;
      unsynced = false;
      boolean good = false;
      try {
        child.flush();
        good = true;
      } catch (BlockException e) {
        if (data) {
          lost.compareAndSet(null, e);
        }
        throw e;
      } finally {
        if (!good) {
          // What guests wrote so far is told of now; another failure is news of later writes alone.
          failed.getAndIncrement();
        }
      }
    } finally {
      syncLock.unlock();
    }
    requireKept(since);
  }

  /**
   * Refuses to take a good flush for proof when another failed since the writes.
   *
   * @throws BlockException IO_ERROR
   */
  void requireKept(long since) {
    if (failed.get() != since) {
      throw lostWrites();
    }
  }

  private BlockException lostWrites() {
    return new BlockException(
        ErrorCode.IO_ERROR,
        "node '"
            + child.nodeName()
            + "': a flush failed while this was written, so it may be lost; try again");
  }

  /** As {@link #takeLost}, and it is still to be told. */
  BlockException lost() {
    return lost.get();
  }

  /** The failure of a flush that may have lost guests' data and was not told yet, or null. */
  BlockException takeLost() {
    return lost.get() == null ? null : lost.getAndSet(null);
  }

  /** Cuts or extends the file. */
  void truncate(long length) {
    if (child.traits().growsOnWrite()) {
      child.truncate(length, Preallocation.OFF);
      end.set(length);
    }
  }

  /**
   * Ends the file with a whole sector, as QEMU does after compressed writes: direct access to the
   * file needs it. Nobody writes meanwhile.
   */
  void endSector() {
    long length = child.length();
    if (length % 512 != 0) {
      truncate(length + 511 & -512);
    }
  }

  /** What lies where in the file. */
  BlockStatus status(long offset, long length) {
    return child.status(offset, length);
  }

  /** What the storage is like. */
  NodeTraits traits() {
    return child.traits();
  }

  /** The same storage for code that speaks to any node, as one user. */
  HostIo asBlockIo() {
    return new HostIo(this);
  }

  private void raiseEnd(long to) {
    // Before the write: a write that fails half way may have left bytes.
    long now = end.get();
    while (now < to && !end.compareAndSet(now, to)) {
      now = end.get();
    }
  }
}
