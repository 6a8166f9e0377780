package io.ashlar.bench.compare;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the command line asks for.
 *
 * @param pairs runs of each side in a case, 1 or more
 * @param seconds how long a run is to last, 0.1 to 5
 * @param directory where the images go; made when absent, and the images removed at the end
 * @param only cases whose name contains this
 * @param json one object a line instead of a table
 */
record CompareOptions(
    int pairs, double seconds, Path directory, Optional<String> only, boolean json) {
  static final String USAGE =
      """
      usage: bench/compare [--pairs N] [--seconds S] [--dir DIR] [--only WORD] [--json]

      Runs Ashlar and QEMU (qemu-img bench; for reopening qemu-storage-daemon) on the same images
      in turns and prints the ratios of their medians beside the targets. Needs QEMU's tools,
      about 8 GiB in DIR and, for overwrites, 1.3 GiB in /dev/shm if that is a tmpfs.

        --pairs N     runs of each side in a case (default 7)
        --seconds S   how long a run lasts, 0.1 to 5 (default 0.5)
        --dir DIR     where the images go (default: the directory for temporary files)
        --only WORD   cases whose name contains WORD
        --json        one JSON object a line

      ends with 0 when each target is met, 1 when one is missed, 2 when it could not be measured
      """;

  /**
   * Reads arguments.
   *
   * @throws CompareException an argument is not understood
   */
  static CompareOptions parse(List<String> arguments) {
    int pairs = 7;
    double seconds = 0.5;
    Path directory = Path.of(System.getProperty("java.io.tmpdir"));
    Optional<String> only = Optional.empty();
    boolean json = false;
    for (int i = 0; i < arguments.size(); i++) {
      String name = arguments.get(i);
      if (name.equals("--json")) {
        json = true;
        continue;
      }
      if (!List.of("--pairs", "--seconds", "--dir", "--only").contains(name)
          || i + 1 == arguments.size()) {
        throw new CompareException("not understood: " + name + "\n" + USAGE);
      }
      String value = arguments.get(++i);
      switch (name) {
        case "--pairs" -> pairs = (int) number(name, value, 1, 1000);
        case "--seconds" -> seconds = number(name, value, 0.1, 5);
        case "--dir" -> directory = Path.of(value);
        default -> only = Optional.of(value);
      }
    }
    return new CompareOptions(pairs, seconds, directory, only, json);
  }

  private static double number(String name, String value, double from, double to) {
    try {
      double number = Double.parseDouble(value);
      if (number >= from && number <= to) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new CompareException(name + " wants a number, not " + value, e);
    }
    throw new CompareException(name + " wants a number from " + from + " to " + to);
  }
}
