package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A sparse node in memory, for tests that need something below a driver: it counts, logs and fails
 * operations as told, through {@link #faults()} and {@link #log()}.
 */
public final class MemoryNode implements BlockNode {
  private static final int WRITE_FLAGS = IoFlags.FUA | IoFlags.UNCHANGED;

  private final ReentrantLock lock = new ReentrantLock();
  private final OperationLog log = new OperationLog();
  private final Faults faults = new Faults();
  private final boolean grows;
  private SparseBytes bytes = new SparseBytes();
  private SparseBytes durable = new SparseBytes();
  private long length;
  private long durableLength;
  private long capacity = Long.MAX_VALUE;
  private boolean readOnly;
  private boolean closed;

  private MemoryNode(boolean grows, long length) {
    this.grows = grows;
    this.length = length;
    this.durableLength = length;
  }

  /** An empty node that grows when it is written past its end, like a file. */
  public static MemoryNode growing() {
    return new MemoryNode(true, 0);
  }

  /** A node of a fixed length, like a disk; only truncate changes it. */
  public static MemoryNode fixed(long length) {
    return new MemoryNode(false, length);
  }

  /** A growing node with this content. */
  public static MemoryNode of(byte[] content) {
    MemoryNode node = growing();
    node.put(0, content);
    return node;
  }

  /** Counts and, if asked, entries of the operations that came. */
  public OperationLog log() {
    return log;
  }

  /** What is to fail. */
  public Faults faults() {
    return faults;
  }

  /** Refuses writes with READ_ONLY from now on, or takes them again. */
  public MemoryNode readOnly(boolean value) {
    readOnly = value;
    return this;
  }

  /** Refuses to grow past this many bytes with NO_SPACE. */
  public MemoryNode capacity(long limit) {
    capacity = limit;
    return this;
  }

  /** Whether close was called. */
  public boolean isClosed() {
    return closed;
  }

  /** Content, past all counts and faults. */
  public byte[] get(long offset, int count) {
    byte[] copy = new byte[count];
    locked(() -> bytes.read(offset, ByteBuffer.wrap(copy)));
    return copy;
  }

  /** Sets durable content, past all counts, faults and limits. */
  public void put(long offset, byte[] content) {
    locked(
        () -> {
          bytes.write(offset, ByteBuffer.wrap(content));
          durable.write(offset, ByteBuffer.wrap(content));
          length = Math.max(length, offset + content.length);
          durableLength = Math.max(durableLength, length);
        });
  }

  /** Bytes that take space. */
  public long allocated() {
    lock.lock();
    try {
      return bytes.allocated();
    } finally {
      lock.unlock();
    }
  }

  /** A new node with the present content, flushed or not. */
  public MemoryNode copy() {
    return copyOf(false);
  }

  /** A new node with what the last flush (or FUA write) made durable: the disk after a crash. */
  public MemoryNode crashed() {
    return copyOf(true);
  }

  private MemoryNode copyOf(boolean flushedOnly) {
    lock.lock();
    try {
      MemoryNode copy = new MemoryNode(grows, flushedOnly ? durableLength : length);
      copy.bytes = flushedOnly ? durable.copy() : bytes.copy();
      copy.durable = copy.bytes.copy();
      return copy;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public NodeTraits traits() {
    return new NodeTraits(1, 1, 65536, grows, true, NodeTraits.PLAIN);
  }

  @Override
  public long length() {
    lock.lock();
    try {
      return length;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, IoFlags.PREFETCH);
    begin(Operation.READ, offset, target.remaining(), flags);
    locked(
        () -> {
          checkRange(offset, target.remaining());
          bytes.read(offset, target);
        });
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    IoFlags.requireKnown(flags, WRITE_FLAGS);
    begin(Operation.WRITE, offset, source.remaining(), flags);
    locked(
        () -> {
          checkWrite(offset, source.remaining());
          if ((flags & IoFlags.FUA) != 0) {
            durable.write(offset, source.duplicate());
            durableLength = Math.max(durableLength, offset + source.remaining());
          }
          grow(offset, source.remaining());
          bytes.write(offset, source);
        });
  }

  @Override
  public void writeZeroes(long offset, long count, int flags) {
    IoFlags.requireKnown(flags, WRITE_FLAGS | IoFlags.MAY_UNMAP | IoFlags.NO_FALLBACK);
    begin(Operation.WRITE_ZEROES, offset, count, flags);
    locked(
        () -> {
          checkWrite(offset, count);
          if ((flags & IoFlags.FUA) != 0) {
            durable.clear(offset, count);
            durableLength = Math.max(durableLength, count == 0 ? 0 : offset + count);
          }
          grow(offset, count);
          bytes.clear(offset, count);
          if ((flags & IoFlags.MAY_UNMAP) == 0) {
            bytes.allocate(offset, Math.min(count, 1L << 24));
          }
        });
  }

  @Override
  public void discard(long offset, long count, int flags) {
    IoFlags.requireKnown(flags, IoFlags.NONE);
    begin(Operation.DISCARD, offset, count, flags);
    locked(
        () -> {
          checkWritable();
          checkRange(offset, count);
          bytes.clear(offset, count);
        });
  }

  @Override
  public void flush() {
    begin(Operation.FLUSH, 0, 0, IoFlags.NONE);
    locked(
        () -> {
          durable = bytes.copy();
          durableLength = length;
        });
  }

  @Override
  public BlockStatus status(long offset, long count) {
    begin(Operation.STATUS, offset, count, IoFlags.NONE);
    lock.lock();
    try {
      checkRange(offset, count);
      if (!bytes.present(offset)) {
        long next = bytes.nextPresent(offset);
        return BlockStatus.zero(next < 0 ? count : Math.min(count, next - offset));
      }
      return BlockStatus.data(Math.min(count, bytes.nextAbsent(offset) - offset), offset);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    begin(Operation.TRUNCATE, newLength, 0, IoFlags.NONE);
    locked(
        () -> {
          checkWritable();
          checkCapacity(newLength);
          if (newLength < length) {
            bytes.clear(newLength, length - newLength);
          }
          length = newLength;
        });
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return ReopenStep.unchanged(this);
  }

  @Override
  public void close() {
    closed = true;
  }

  private void begin(Operation operation, long offset, long count, int flags) {
    if (closed) {
      throw new BlockException(ErrorCode.CLOSED, "the memory node is closed");
    }
    log.add(operation, offset, count, flags);
    faults.apply(operation, offset, count);
  }

  private void checkWrite(long offset, long count) {
    checkWritable();
    checkRange(offset, count);
    checkCapacity(offset + count);
  }

  private void checkWritable() {
    if (readOnly) {
      throw new BlockException(ErrorCode.READ_ONLY, "the memory node is read-only");
    }
  }

  private void checkRange(long offset, long count) {
    if (offset < 0 || count < 0 || offset > Long.MAX_VALUE - count) {
      throw new BlockException(ErrorCode.INVALID_REQUEST, "no such range");
    }
    if (!grows && offset + count > length) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "%d bytes at %d are past the end, %d".formatted(count, offset, length));
    }
  }

  private void checkCapacity(long end) {
    if (end > length && end > capacity) {
      throw new BlockException(ErrorCode.NO_SPACE, "the memory node is full");
    }
  }

  private void grow(long offset, long count) {
    if (count > 0) {
      length = Math.max(length, offset + count);
    }
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
