package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.Texts;
import java.nio.file.Path;

/** Makes new files, durable with their directory's entry, or leaves nothing behind. */
final class FileCreation {
  /** QEMU's locks while it creates a file. */
  private static final Permissions CREATING =
      new Permissions(
          Permissions.mask(Permission.WRITE, Permission.RESIZE),
          Permissions.ALL & ~Permission.RESIZE.bit());

  private FileCreation() {}

  static void create(CreateContext context) {
    String filename = context.options().string(FileDriver.FILENAME);
    long size = context.options().number(FileDriver.SIZE);
    String preallocation = context.options().string(FileDriver.PREALLOCATION);
    Path path = FileOpening.path(filename);
    FileIo files = context.fileIo();
    try (OpenFile file = files.create(path)) {
      try {
        new LockBytes(file, filename, true).claim(CREATING);
        fill(file, filename, size, preallocation);
        files.syncDirectory(path.toAbsolutePath().getParent());
      } catch (RuntimeException e) {
        // Still locked here, so nobody else has begun to use it.
        files.delete(path);
        throw e;
      }
    }
  }

  private static void fill(OpenFile file, String filename, long size, String preallocation) {
    try (FileHandle data = file.data(FileIo.Access.READ_WRITE, false)) {
      switch (preallocation) {
        case "falloc" -> {
          if (size > 0 && !data.allocate(0, size)) {
            throw new BlockException(
                ErrorCode.NOT_SUPPORTED,
                "the file system of '"
                    + Texts.printable(filename)
                    + "' cannot reserve space; use preallocation=off or full");
          }
        }
        case "full" -> Zeroes.writePlain(data, 0, size);
        default -> data.setLength(size);
      }
      data.flush();
    }
  }
}
