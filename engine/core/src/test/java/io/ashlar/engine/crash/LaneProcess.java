package io.ashlar.engine.crash;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/** Starts {@link Lane} in a process of its own, on the classes of this one. */
final class LaneProcess {
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  private LaneProcess() {}

  /**
   * What it says and what goes wrong both come out of the process's output.
   *
   * @param options of its JVM
   * @param arguments all but the last, the build
   */
  static Process start(List<String> options, Object... arguments) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Stream<String> command =
        Stream.of(
                Stream.of(java.toString(), "-ea", "-XX:+UseSerialGC"),
                options.stream(),
                Stream.of("-cp", CLASS_PATH, Lane.class.getName()),
                Stream.of(arguments).map(Object::toString),
                Stream.of(build()))
            .flatMap(part -> part);
    return new ProcessBuilder(command.toList()).redirectErrorStream(true).start();
  }

  /** The classes as they are: what was seen of others says nothing of these. */
  private static String build() throws IOException {
    CRC32 sum = new CRC32();
    for (String element : CLASS_PATH.split(File.pathSeparator)) {
      Path classes = Path.of(element);
      if (Files.isDirectory(classes)) {
        try (Stream<Path> files = Files.walk(classes)) {
          for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
            sum.update(Files.readAllBytes(file));
          }
        }
      }
    }
    return Long.toHexString(sum.getValue());
  }
}
