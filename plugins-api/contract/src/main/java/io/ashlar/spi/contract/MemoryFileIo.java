package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Operation;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Files in memory: names, contents, locks between opens as of open file descriptions, faults. A
 * file that is deleted or replaced while it is open stays with those who have it open.
 */
public final class MemoryFileIo implements FileIo {
  private final ReentrantLock lock = new ReentrantLock();
  private final TreeMap<Path, MemoryInode> names = new TreeMap<>();
  private final Faults faults = new Faults();
  private long nextInode = 1;

  /** What is to fail, for every file: READ, WRITE, WRITE_ZEROES, DISCARD, FLUSH, TRUNCATE. */
  public Faults faults() {
    return faults;
  }

  /** Makes or replaces a file with this content. */
  public MemoryFileIo put(Path path, byte[] content) {
    lock.lock();
    try {
      MemoryInode inode = new MemoryInode(path, nextInode++, faults);
      inode.put(content);
      names.put(key(path), inode);
      return this;
    } finally {
      lock.unlock();
    }
  }

  /** The whole content of a file. */
  public byte[] get(Path path) {
    return find(path).content();
  }

  /** Makes a file refuse read-write opens with ACCESS_DENIED, or take them again. */
  public void protect(Path path, boolean readOnly) {
    find(path).protect(readOnly);
  }

  /** The device or disk is full: no file grows past this many bytes, with NO_SPACE. */
  public void capacity(Path path, long bytes) {
    find(path).capacity(bytes);
  }

  @Override
  public OpenFile open(Path path, Access access) {
    MemoryInode inode = find(path);
    inode.checkAccess(access);
    return new MemoryOpenFile(inode);
  }

  @Override
  public OpenFile create(Path path) {
    lock.lock();
    try {
      if (names.containsKey(key(path))) {
        throw new BlockException(ErrorCode.FILE_EXISTS, "file '" + path + "' exists already");
      }
      MemoryInode inode = new MemoryInode(path, nextInode++, faults);
      names.put(key(path), inode);
      return new MemoryOpenFile(inode);
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #create}; files in memory have no modes. */
  @Override
  public OpenFile createPrivate(Path path) {
    return create(path);
  }

  @Override
  public boolean delete(Path path) {
    lock.lock();
    try {
      return names.remove(key(path)) != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void rename(Path from, Path to) {
    lock.lock();
    try {
      MemoryInode inode = find(from);
      names.remove(key(from));
      names.put(key(to), inode);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void syncDirectory(Path directory) {
    faults.apply(Operation.FLUSH, 0, 0);
  }

  @Override
  public boolean exists(Path path) {
    lock.lock();
    try {
      return names.containsKey(key(path));
    } finally {
      lock.unlock();
    }
  }

  private MemoryInode find(Path path) {
    lock.lock();
    try {
      MemoryInode inode = names.get(key(path));
      if (inode == null) {
        throw new BlockException(ErrorCode.FILE_NOT_FOUND, "there is no file '" + path + "'");
      }
      return inode;
    } finally {
      lock.unlock();
    }
  }

  private static Path key(Path path) {
    return path.toAbsolutePath().normalize();
  }
}
