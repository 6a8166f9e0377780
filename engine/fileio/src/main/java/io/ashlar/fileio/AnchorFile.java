package io.ashlar.fileio;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The descriptor that stands for a file as long as it is in use. It carries the locks and nothing
 * else; the locks are OFD locks, which belong to this descriptor and not to the process, so that
 * nobody else's close releases them. Data goes through descriptors made from it.
 */
final class AnchorFile implements OpenFile {
  private static final int FLOCK_SIZE = 32;
  private static final int FLOCK_TYPE = 0;
  private static final int FLOCK_START = 8;
  private static final int FLOCK_LENGTH = 16;

  private final Path path;
  private final int descriptor;
  private final Users users;

  AnchorFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
    this.users = new Users(this::release);
  }

  /**
   * Drops the locks, then the descriptor. Closing is not enough: a child process that another
   * thread starts at this moment holds a copy of the descriptor until its exec, and the locks with
   * it.
   */
  private void release() {
    Libc.fcntl(descriptor, Libc.F_OFD_SETLK, flock(0, 0, LockType.NONE)); // nothing may be locked
    Libc.close(descriptor);
  }

  @Override
  public Stat stat() {
    int user = enter();
    try {
      FileStatus status = FileStatus.of(descriptor, path);
      return new Stat(
          status.device(),
          status.inode(),
          status.kind(),
          status.kind() == Kind.BLOCK_DEVICE ? deviceSize() : status.size(),
          status.allocated(),
          status.modifiedNanos(),
          status.changedNanos());
    } finally {
      users.leave(user);
    }
  }

  /** Numbers of inodes are given away again; with the time of birth they are not. */
  @Override
  public String identity() {
    int user = enter();
    try {
      FileStatus status = FileStatus.of(descriptor, path);
      return "inode " + status.inode() + " born " + status.bornNanos();
    } finally {
      users.leave(user);
    }
  }

  @Override
  public Optional<Path> location() {
    int user = enter();
    try {
      Path name = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      return Files.exists(name) ? Optional.of(name) : Optional.empty();
    } catch (IOException e) {
      // No /proc: nobody can tell.
      return Optional.empty();
    } finally {
      users.leave(user);
    }
  }

  private long deviceSize() {
    long size = Libc.lseek(descriptor, 0, Libc.SEEK_END);
    if (size < 0) {
      throw Errno.failure("Could not get the size of", path);
    }
    return size;
  }

  @Override
  public FileHandle data(FileIo.Access access, boolean direct) {
    int user = enter();
    try {
      boolean writable = access == FileIo.Access.READ_WRITE;
      int flags =
          Libc.O_CLOEXEC | (writable ? Libc.O_RDWR : Libc.O_RDONLY) | (direct ? Libc.O_DIRECT : 0);
      String name = "/proc/self/fd/" + descriptor;
      boolean byNumber = Files.exists(Path.of(name));
      int data = open(byNumber ? Paths.bytes(name) : Paths.bytes(path), flags, access, direct);
      try {
        FileStatus status = FileStatus.of(data, path);
        requireSame(status);
        return DataFile.create(path, data, writable, direct ? status : null);
      } catch (RuntimeException | Error e) {
        Libc.close(data);
        throw e;
      }
    } finally {
      users.leave(user);
    }
  }

  private int open(byte[] name, int flags, FileIo.Access access, boolean direct) {
    int data;
    do {
      data = Libc.open(name, flags, 0);
    } while (data < 0 && Errno.last() == Errno.EINTR);
    if (data >= 0) {
      return data;
    }
    int errno = Errno.last();
    if (direct && errno == Errno.EINVAL) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "Could not open '" + path + "': its file system has no O_DIRECT; use cache.direct=false");
    }
    throw Errno.failure(errno, "Could not open", path, Cures.forOpen(errno, access));
  }

  /** Only by path, without /proc, can it be another file. */
  private void requireSame(FileStatus data) {
    FileStatus anchor = FileStatus.of(descriptor, path);
    if (data.inode() != anchor.inode() || data.device() != anchor.device()) {
      throw new BlockException(
          ErrorCode.IO_ERROR,
          "'" + path + "' is another file now; without /proc it cannot be opened again");
    }
  }

  @Override
  public boolean setLock(long start, long length, LockType type) {
    int user = enter();
    try {
      if (Libc.fcntl(descriptor, Libc.F_OFD_SETLK, flock(start, length, type)) == 0) {
        return true;
      }
      int errno = Errno.last();
      if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
        return false;
      }
      throw lockFailure(errno, start);
    } finally {
      users.leave(user);
    }
  }

  @Override
  public boolean couldLock(long start, long length, LockType type) {
    int user = enter();
    try {
      ByteBuffer flock = flock(start, length, type);
      if (Libc.fcntl(descriptor, Libc.F_OFD_GETLK, flock) != 0) {
        throw lockFailure(Errno.last(), start);
      }
      return flock.getShort(FLOCK_TYPE) == Libc.F_UNLCK;
    } finally {
      users.leave(user);
    }
  }

  private BlockException lockFailure(int errno, long start) {
    return Errno.failure(
        errno,
        "Failed to lock byte " + start + " of",
        path,
        "; its file system may have no locks, and locking=off then opens it without");
  }

  private static ByteBuffer flock(long start, long length, LockType type) {
    ByteBuffer flock = ByteBuffer.allocateDirect(FLOCK_SIZE).order(ByteOrder.nativeOrder());
    short number =
        switch (type) {
          case READ -> Libc.F_RDLCK;
          case WRITE -> Libc.F_WRLCK;
          case NONE -> Libc.F_UNLCK;
        };
    return flock
        .putShort(FLOCK_TYPE, number)
        .putLong(FLOCK_START, start)
        .putLong(FLOCK_LENGTH, length);
  }

  private int enter() {
    int user = users.enter();
    if (user < 0) {
      throw new BlockException(ErrorCode.CLOSED, "'" + path + "' is closed");
    }
    return user;
  }

  @Override
  public void close() {
    users.close();
  }
}
