package io.ashlar.fileio;

import com.sun.jna.NativeLibrary;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the C library can be called here. Ashlar serves Linux on x86-64 and aarch64 with glibc;
 * elsewhere numbers and structures differ, so everything else is refused by name.
 */
final class NativeAccess {
  private static final String SERVED = "Ashlar serves Linux on x86-64 and aarch64 with glibc";

  /** Null when all is well. */
  private static final String REFUSAL = check();

  private NativeAccess() {}

  /**
   * Passes when the C library can be called.
   *
   * @throws BlockException NOT_SUPPORTED naming the platform, or what hinders JNA and its cure
   */
  static void require() {
    if (REFUSAL != null) {
      throw new BlockException(ErrorCode.NOT_SUPPORTED, REFUSAL);
    }
  }

  static boolean isArm() {
    return System.getProperty("os.arch", "").equals("aarch64");
  }

  private static String check() {
    String refusal =
        platformRefusal(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    if (refusal == null) {
      refusal = NativeTemp.prepare();
    }
    return refusal != null ? refusal : load();
  }

  /** The refusal of a platform, or null. */
  static String platformRefusal(String system, String architecture) {
    boolean known =
        architecture.equals("amd64")
            || architecture.equals("x86_64")
            || architecture.equals("aarch64");
    return system.equals("Linux") && known
        ? null
        : SERVED + "; this is " + system + " on " + architecture;
  }

  private static String load() {
    try {
      NativeLibrary.getProcess().getFunction("gnu_get_libc_version");
      NativeLibrary.getProcess().getFunction("statx");
      return null;
    } catch (LinkageError e) {
      return hasMusl()
          ? SERVED + "; this is a system with musl"
          : "the native library of JNA cannot be used ("
              + e.getMessage()
              + "); "
              + SERVED
              + " 2.28 or newer, and -Djna.tmpdir=DIR names another place to unpack it";
    }
  }

  private static boolean hasMusl() {
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*.so.1")) {
      return found.iterator().hasNext();
    } catch (IOException e) {
      // Only the wording of a refusal depends on it.
      return false;
    }
  }
}
