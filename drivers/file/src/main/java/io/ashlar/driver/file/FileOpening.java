package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Texts;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Opens a file: the descriptor that stands for it, then its locks, then one for data. */
final class FileOpening {
  private FileOpening() {}

  static BlockNode open(OpenContext context) {
    NodeOptions options = context.nodeOptions();
    requireReadOnlyToForceShare(options);
    String filename = context.options().string(FileDriver.FILENAME);
    // Reading is enough for the locks; the right to write is asked for when data is to be written.
    OpenFile anchor = context.fileIo().open(path(filename), FileIo.Access.READ_ONLY);
    try {
      OpenFile.Stat stat = anchor.stat();
      if (stat.kind() == OpenFile.Kind.OTHER) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION,
            "'file' driver requires '" + Texts.printable(filename) + "' to be a regular file");
      }
      FileCore core = new FileCore(context, filename, anchor, stat);
      int claim = core.locks.claim(FileCore.lockedFor(context.permissions(), options));
      // The length counts from here on: before, somebody else may have changed it.
      core.setLength(anchor.stat().size());
      return new FileNode(core, core.open(options), claim);
    } catch (RuntimeException | Error e) {
      anchor.close();
      throw e;
    }
  }

  static void requireReadOnlyToForceShare(NodeOptions options) {
    if (options.forceShare() && !options.readOnly()) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION, "force-share=on can only be used with read-only images");
    }
  }

  static Path path(String filename) {
    try {
      return Path.of(filename);
    } catch (InvalidPathException e) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "filename '" + Texts.printable(filename) + "' is not a path: " + e.getReason(),
          e);
    }
  }
}
