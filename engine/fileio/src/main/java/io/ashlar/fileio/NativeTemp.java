package io.ashlar.fileio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where JNA unpacks its native library. By itself it takes the user's cache directory and gives up
 * when there is no home or the place is mounted {@code noexec}; here the first usable of several
 * places is chosen, before JNA is touched for the first time. A {@code jna.tmpdir}, {@code
 * jna.boot.library.path} or {@code jna.nounpack} of the user's is left alone.
 */
final class NativeTemp {
  private NativeTemp() {}

  /** Chooses the place; null when all is well, else why not. */
  static String prepare() {
    for (String set : List.of("jna.tmpdir", "jna.boot.library.path", "jna.nounpack")) {
      if (System.getProperty(set) != null) {
        return null;
      }
    }
    List<Path> candidates = candidates();
    List<String> mounts = mounts();
    for (Path candidate : candidates) {
      if (isUsable(candidate, mounts)) {
        System.setProperty("jna.tmpdir", candidate.toString());
        return null;
      }
    }
    return "no place to unpack a native library: "
        + candidates
        + " cannot be written or are mounted noexec; name one with -Djna.tmpdir=DIR";
  }

  private static List<Path> candidates() {
    List<Path> result = new ArrayList<>();
    String cache = System.getenv("XDG_CACHE_HOME");
    String home = System.getProperty("user.home", "");
    if (cache != null && cache.startsWith("/")) {
      result.add(Path.of(cache, "ashlar", "native"));
    } else if (home.startsWith("/") && Files.isDirectory(Path.of(home))) {
      result.add(Path.of(home, ".cache", "ashlar", "native"));
    }
    // The user's name in it: two users must not meet in one directory of a shared place.
    String own = "ashlar-native-" + System.getProperty("user.name", "user");
    for (String place : List.of(System.getProperty("java.io.tmpdir", "/tmp"), "/var/tmp")) {
      result.add(Path.of(place).toAbsolutePath().resolve(own));
    }
    return result;
  }

  private static boolean isUsable(Path directory, List<String> mounts) {
    try {
      Files.createDirectories(directory);
      Path real = directory.toRealPath();
      // In a shared place somebody else may have made the directory, to slip in a library.
      Path probe = Files.createTempFile(real, "probe", null);
      boolean own = Files.getOwner(probe).equals(Files.getOwner(real));
      Files.delete(probe);
      return own && !isNoexec(real.toString(), mounts);
    } catch (IOException | RuntimeException e) {
      // Not usable, for whatever reason; the next place is tried, and all are named at the end.
      return false;
    }
  }

  private static List<String> mounts() {
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo"));
    } catch (IOException e) {
      // Without /proc nothing is known, and trying is better than refusing.
      return List.of();
    }
  }

  /**
   * Whether the mount that holds a directory forbids mapping code.
   *
   * @param mounts lines of {@code /proc/self/mountinfo}: mount point in column 5, options in 6
   */
  static boolean isNoexec(String directory, List<String> mounts) {
    String longest = "";
    boolean noexec = false;
    for (String line : mounts) {
      String[] columns = line.split(" ", 7);
      if (columns.length < 6) {
        continue;
      }
      String point = columns[4].replace("\\040", " ");
      boolean holds =
          point.equals("/") || directory.equals(point) || directory.startsWith(point + "/");
      // A later mount on the same point hides the earlier one.
      if (holds && point.length() >= longest.length()) {
        longest = point;
        noexec = Arrays.asList(columns[5].split(",")).contains("noexec");
      }
    }
    return noexec;
  }
}
