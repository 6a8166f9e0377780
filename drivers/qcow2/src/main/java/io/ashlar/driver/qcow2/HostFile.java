package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
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
  private volatile Child child;

  HostFile(Child child) {
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
    } else if (offset + source.remaining() > c.length()) {
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "node '" + c.nodeName() + "' is full: its length is fixed at " + c.length() + " bytes");
    }
    c.write(offset, source, IoFlags.NONE);
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

  /** Gives a freed range back to the file below, if that one cares. */
  void discard(long offset, long length) {
    long there = Math.min(length, child.length() - offset);
    if (there > 0) {
      child.discard(offset, there, IoFlags.NONE);
    }
  }

  /**
   * Makes everything written durable. A failure is remembered until {@link #takeLost}: the storage
   * reports a lost write once, and a guest's flush that covers it has to hear of it.
   */
  void sync() {
    try {
      child.flush();
    } catch (BlockException e) {
      lost.compareAndSet(null, e);
      throw e;
    }
  }

  /** The failure of a {@link #sync} that no flush has reported yet, or {@code null}. */
  BlockException takeLost() {
    return lost.getAndSet(null);
  }

  /** Cuts or extends the file. */
  void truncate(long length) {
    if (child.traits().growsOnWrite()) {
      child.truncate(length, Preallocation.OFF);
      end.set(length);
    }
  }

  /** The same storage for code that speaks to any node. */
  BlockIo asBlockIo() {
    return new BlockIo() {
      @Override
      public NodeTraits traits() {
        return child.traits();
      }

      @Override
      public long length() {
        return child.length();
      }

      @Override
      public void read(long offset, ByteBuffer target, int flags) {
        HostFile.this.read(offset, target);
      }

      @Override
      public void write(long offset, ByteBuffer source, int flags) {
        HostFile.this.write(offset, source);
      }

      @Override
      public void writeZeroes(long offset, long length, int flags) {
        writeZeroBytes(offset, length);
      }

      @Override
      public void discard(long offset, long length, int flags) {
        HostFile.this.discard(offset, length);
      }

      @Override
      public void flush() {
        sync();
      }

      @Override
      public BlockStatus status(long offset, long length) {
        return child.status(offset, length);
      }
    };
  }

  private void raiseEnd(long to) {
    // Before the write: a write that fails half way may have left bytes.
    long now = end.get();
    while (now < to && !end.compareAndSet(now, to)) {
      now = end.get();
    }
  }
}
