package io.ashlar.fileio;

import com.sun.jna.Native;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;

/** Error numbers of Linux, as codes and as English text whatever the locale. */
final class Errno {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int ENXIO = 6;
  static final int EBADF = 9;
  static final int EAGAIN = 11;
  static final int EACCES = 13;
  static final int EEXIST = 17;
  static final int ENODEV = 19;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int ETXTBSY = 26;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;
  static final int EROFS = 30;
  static final int ENOSYS = 38;
  static final int ENAMETOOLONG = 36;
  static final int ENOLCK = 37;
  static final int ELOOP = 40;
  static final int EOPNOTSUPP = 95;
  static final int EDQUOT = 122;

  private Errno() {}

  /** The reason of this thread's last call that failed. */
  static int last() {
    return Native.getLastError();
  }

  /**
   * The exception for this thread's last call that failed.
   *
   * @param what what was tried, such as {@code Could not open}
   * @param file the file, as its user named it
   */
  static BlockException failure(String what, Object file) {
    return failure(last(), what, file);
  }

  /** The exception for a stated reason. */
  static BlockException failure(int errno, String what, Object file) {
    return failure(errno, what, file, "");
  }

  /** The exception for a stated reason, with a cure; it begins with its own punctuation. */
  static BlockException failure(int errno, String what, Object file, String cure) {
    String name = Texts.printable(String.valueOf(file));
    return new BlockException(code(errno), what + " '" + name + "': " + text(errno) + cure);
  }

  static ErrorCode code(int errno) {
    return switch (errno) {
      case ENOENT -> ErrorCode.FILE_NOT_FOUND;
      case EEXIST -> ErrorCode.FILE_EXISTS;
      case EACCES, EPERM, EROFS, ETXTBSY -> ErrorCode.ACCESS_DENIED;
      case ENOSPC, EDQUOT -> ErrorCode.NO_SPACE;
      default -> ErrorCode.IO_ERROR;
    };
  }

  private static String text(int errno) {
    return switch (errno) {
      case EPERM -> "Operation not permitted";
      case ENOENT -> "No such file or directory";
      case EIO -> "Input/output error";
      case ENXIO -> "No such device or address";
      case EBADF -> "Bad file descriptor";
      case EACCES -> "Permission denied";
      case EEXIST -> "File exists";
      case ENODEV -> "No such device";
      case ENOTDIR -> "Not a directory";
      case EISDIR -> "Is a directory";
      case EINVAL -> "Invalid argument";
      case ENFILE -> "Too many open files in system";
      case EMFILE -> "Too many open files";
      case ETXTBSY -> "Text file busy";
      case EFBIG -> "File too large";
      case ENOSPC -> "No space left on device";
      case EROFS -> "Read-only file system";
      case ENAMETOOLONG -> "File name too long";
      case ENOLCK -> "No locks available";
      case ENOSYS -> "Function not implemented";
      case ELOOP -> "Too many levels of symbolic links";
      case EOPNOTSUPP -> "Operation not supported";
      case EDQUOT -> "Disk quota exceeded";
      default -> "error " + errno + " of the operating system";
    };
  }
}
