package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;

/** The descriptor that carries locks. */
final class MemoryOpenFile implements OpenFile {
  private final MemoryInode inode;
  private volatile boolean closed;

  MemoryOpenFile(MemoryInode inode) {
    this.inode = inode;
  }

  @Override
  public Stat stat() {
    return open().stat();
  }

  @Override
  public FileHandle data(FileIo.Access access, boolean direct) {
    open().checkAccess(access);
    return new MemoryFileHandle(inode, access, direct ? 512 : 1);
  }

  @Override
  public boolean setLock(long start, long length, LockType type) {
    return open().setLock(this, start, length, type);
  }

  @Override
  public boolean couldLock(long start, long length, LockType type) {
    return open().couldLock(this, start, length, type);
  }

  @Override
  public void close() {
    closed = true;
    inode.unlockAll(this);
  }

  private MemoryInode open() {
    if (closed) {
      throw new BlockException(ErrorCode.CLOSED, "the file was closed");
    }
    return inode;
  }
}
