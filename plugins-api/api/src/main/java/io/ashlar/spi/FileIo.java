package io.ashlar.spi;

import java.nio.file.Path;

/**
 * Files, as the file driver and the journal use them. The production form works on raw descriptors
 * (open(2) and friends); tests put a simulated disk here. All methods throw {@link BlockException}
 * with FILE_NOT_FOUND, FILE_EXISTS, ACCESS_DENIED, NO_SPACE or IO_ERROR and name the file.
 */
public interface FileIo {
  /** How to open. */
  enum Access {
    READ_ONLY,
    READ_WRITE
  }

  /** Opens an existing file or block device. */
  OpenFile open(Path path, Access access);

  /**
   * Makes an empty file, mode 0644 less the umask, and opens it read-write.
   *
   * @throws BlockException FILE_EXISTS when there is one already
   */
  OpenFile create(Path path);

  /**
   * As {@link #create}, but mode 0600: nobody else may read it.
   *
   * @throws BlockException NOT_SUPPORTED where files cannot be kept from others
   */
  default OpenFile createPrivate(Path path) {
    throw new BlockException(
        ErrorCode.NOT_SUPPORTED, "file '" + path + "' cannot be kept from other users here");
  }

  /** Removes a file; true if there was one. */
  boolean delete(Path path);

  /** Renames within a file system, replacing the target. */
  void rename(Path from, Path to);

  /** Makes the directory's entries durable. */
  void syncDirectory(Path directory);

  /** Whether something of that name exists. */
  boolean exists(Path path);
}
