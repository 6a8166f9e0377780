package io.ashlar.spi;

import java.nio.file.Path;
import java.util.Optional;

/**
 * An open file: the descriptor that carries locks and identity, from which descriptors for data are
 * made. No descriptor for data affects the locks, and none is opened by path again, so that renames
 * do not matter.
 */
public interface OpenFile extends AutoCloseable {
  /** What kind of thing it is. */
  enum Kind {
    REGULAR,
    BLOCK_DEVICE,
    OTHER
  }

  /** Kinds of lock. */
  enum LockType {
    READ,
    WRITE,
    NONE
  }

  /**
   * Facts of the file.
   *
   * @param device device number
   * @param inode inode number
   * @param size bytes
   * @param allocated bytes that take space
   * @param modifiedNanos mtime, nanoseconds since 1970
   * @param changedNanos ctime, nanoseconds since 1970
   */
  record Stat(
      long device,
      long inode,
      Kind kind,
      long size,
      long allocated,
      long modifiedNanos,
      long changedNanos) {}

  /** fstat(2). */
  Stat stat();

  /**
   * What tells this file from every other one of its file system, those that are gone included, as
   * far as the system says: the same after a rename, another one for a copy.
   */
  default String identity() {
    return "inode " + stat().inode();
  }

  /** Where it lies now; empty when it has no name any more, or nobody can tell. */
  default Optional<Path> location() {
    return Optional.empty();
  }

  /** A new descriptor of the same inode; permissions of the inode are checked anew. */
  FileHandle data(FileIo.Access access, boolean direct);

  /**
   * Sets a lock of this open file (OFD lock) on a range of bytes, without waiting; NONE releases.
   *
   * @return false when somebody else's lock is in the way
   */
  boolean setLock(long start, long length, LockType type);

  /** Whether this open file could take that lock now; takes nothing. */
  boolean couldLock(long start, long length, LockType type);

  /** Releases the locks. Idempotent. */
  @Override
  void close();
}
