package io.ashlar.fileio;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Files of this machine on raw descriptors. The JDK's {@code FileChannel} alone would not do: an
 * interrupt of one thread closes a channel under all its users, and its locks vanish as soon as
 * anything in the process closes the same file.
 *
 * <p>Beside the codes of {@link FileIo}, every method may throw NOT_SUPPORTED where the platform is
 * not served or the file system lacks what was asked for, such as O_DIRECT.
 */
public final class LinuxFileIo implements FileIo {
  private static final int MODE = 0644;
  private static final int PRIVATE_MODE = 0600;

  /**
   * Files of this machine.
   *
   * @throws BlockException NOT_SUPPORTED on another platform than Linux on x86-64 or aarch64 with
   *     glibc, or when JNA's native library cannot be loaded
   */
  public LinuxFileIo() {
    NativeAccess.require();
  }

  @Override
  public OpenFile open(Path path, Access access) {
    int mode = access == Access.READ_WRITE ? Libc.O_RDWR : Libc.O_RDONLY;
    return new AnchorFile(
        path, descriptor(path, mode | Libc.O_NONBLOCK, MODE, access, "Could not open"));
  }

  @Override
  public OpenFile create(Path path) {
    return create(path, MODE);
  }

  @Override
  public OpenFile createPrivate(Path path) {
    return create(path, PRIVATE_MODE);
  }

  private static OpenFile create(Path path, int mode) {
    int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL;
    return new AnchorFile(
        path, descriptor(path, flags, mode, Access.READ_WRITE, "Could not create"));
  }

  private static int descriptor(Path path, int flags, int mode, Access access, String what) {
    byte[] name = Paths.bytes(path);
    int descriptor;
    do {
      descriptor = Libc.open(name, flags | Libc.O_CLOEXEC, mode);
    } while (descriptor < 0 && Errno.last() == Errno.EINTR);
    if (descriptor < 0) {
      int errno = Errno.last();
      throw Errno.failure(errno, what, path, Cures.forOpen(errno, access));
    }
    return descriptor;
  }

  @Override
  public boolean delete(Path path) {
    if (Libc.unlink(Paths.bytes(path)) == 0) {
      return true;
    }
    if (Errno.last() == Errno.ENOENT) {
      return false;
    }
    throw Errno.failure("Could not remove", path);
  }

  @Override
  public void rename(Path from, Path to) {
    if (Libc.rename(Paths.bytes(from), Paths.bytes(to)) != 0) {
      int errno = Errno.last();
      throw Errno.failure(errno, "Could not rename", from, " (to '" + to + "')");
    }
  }

  @Override
  public void syncDirectory(Path directory) {
    int flags = Libc.O_RDONLY | Libc.O_DIRECTORY;
    int descriptor = descriptor(directory, flags, 0, Access.READ_ONLY, "Could not open directory");
    try {
      if (Libc.fsync(descriptor) != 0) {
        throw Errno.failure("Could not flush directory", directory);
      }
    } finally {
      Libc.close(descriptor);
    }
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
