package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.RangeLock;
import java.util.Locale;

/** Changes a file's length, whole or not at all. */
@SuppressWarnings("try") // a range is held by the block, which has no use for the object
final class FileLength {
  private FileLength() {}

  static void set(FileCore core, FileState state, long newLength, Preallocation preallocation) {
    if (core.isDevice()) {
      if (newLength != core.length()) {
        throw core.refused(ErrorCode.NOT_SUPPORTED, "a block device cannot change its length");
      }
      return;
    }
    try (RangeLock.Held held = state.direct() == null ? () -> {} : state.direct().holdAll()) {
      long old = state.data().length();
      if (newLength < old && preallocation != Preallocation.OFF) {
        throw core.refused(
            ErrorCode.INVALID_REQUEST, "preallocation can't be used for shrinking files");
      }
      try {
        change(core, state, old, newLength, preallocation);
      } catch (BlockException e) {
        state.data().setLength(old);
        throw e;
      }
      core.setLength(newLength);
    }
  }

  private static void change(
      FileCore core, FileState state, long old, long newLength, Preallocation preallocation) {
    FileHandle data = state.data();
    switch (preallocation) {
      case OFF -> data.setLength(newLength);
      case FALLOC -> {
        if (newLength > old && !data.allocate(old, newLength - old)) {
          throw core.refused(ErrorCode.NOT_SUPPORTED, "its file system cannot reserve space");
        }
      }
      case FULL -> Zeroes.writePlain(state, old, newLength - old);
      case METADATA ->
          throw core.refused(
              ErrorCode.NOT_SUPPORTED,
              "unsupported preallocation mode '"
                  + preallocation.name().toLowerCase(Locale.ROOT)
                  + "'");
    }
  }
}
