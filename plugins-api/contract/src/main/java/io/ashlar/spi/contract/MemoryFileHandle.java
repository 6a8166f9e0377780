package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import java.nio.ByteBuffer;

/** A descriptor for data. A direct one refuses unaligned offsets and lengths, as O_DIRECT does. */
final class MemoryFileHandle implements FileHandle {
  private final MemoryInode inode;
  private final FileIo.Access access;
  private final int alignment;
  private volatile boolean closed;

  MemoryFileHandle(MemoryInode inode, FileIo.Access access, int alignment) {
    this.inode = inode;
    this.access = access;
    this.alignment = alignment;
  }

  @Override
  public int alignment() {
    return alignment;
  }

  @Override
  public int read(long offset, ByteBuffer target) {
    checkAligned(offset, target.remaining());
    return open().read(offset, target);
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    checkAligned(offset, source.remaining());
    writable().write(offset, source);
  }

  @Override
  public void flush() {
    open().flush();
  }

  @Override
  public long length() {
    return open().length();
  }

  @Override
  public void setLength(long length) {
    writable().setLength(length);
  }

  @Override
  public boolean punchHole(long offset, long length) {
    writable().punch(offset, length);
    return true;
  }

  @Override
  public boolean zeroRange(long offset, long length) {
    writable().zero(offset, length);
    return true;
  }

  @Override
  public boolean allocate(long offset, long length) {
    writable().allocate(offset, length);
    return true;
  }

  @Override
  public long nextData(long offset) {
    return open().nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    return open().nextHole(offset);
  }

  @Override
  public void close() {
    closed = true;
  }

  private void checkAligned(long offset, int count) {
    if (offset % alignment != 0 || count % alignment != 0) {
      throw new BlockException(
          ErrorCode.IO_ERROR,
          "%d bytes at %d are not aligned to %d".formatted(count, offset, alignment));
    }
  }

  private MemoryInode writable() {
    if (access == FileIo.Access.READ_ONLY) {
      throw new BlockException(ErrorCode.IO_ERROR, "the descriptor is read-only");
    }
    return open();
  }

  private MemoryInode open() {
    if (closed) {
      throw new BlockException(ErrorCode.CLOSED, "the descriptor was closed");
    }
    return inode;
  }
}
