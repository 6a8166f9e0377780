package io.ashlar.fileio;

import io.ashlar.spi.FileIo;

/** What a user can do about a refusal, as the end of a sentence. */
final class Cures {
  private Cures() {}

  static String forOpen(int errno, FileIo.Access access) {
    return switch (errno) {
      case Errno.EACCES, Errno.EPERM, Errno.EROFS ->
          access == FileIo.Access.READ_WRITE
              ? "; open it with read-only=true, or let this user write it"
              : "; let this user read it";
      case Errno.EMFILE -> "; raise the limit of open files (ulimit -n)";
      default -> "";
    };
  }
}
