package io.ashlar.fileio;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Arrays;

/** Paths as the C library wants them. */
final class Paths {
  private static final Charset NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name()));

  private Paths() {}

  /** The path's bytes and a zero. */
  static byte[] bytes(Path path) {
    if (path.getFileSystem() != FileSystems.getDefault()) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED, "'" + path + "' is not a path of this machine's file system");
    }
    return bytes(path.toString());
  }

  static byte[] bytes(String name) {
    byte[] bytes = name.getBytes(NAMES);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }
}
