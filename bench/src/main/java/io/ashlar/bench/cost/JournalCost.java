package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What it costs that bitmaps survive a crash, beside the targets. Arguments: a directory, which
 * decides about the disk and needs 6 GiB, then which parts: {@code random}, {@code order}, {@code
 * recovery}, {@code quiet}; all of these without any. {@code cold} is the first ten seconds of
 * {@code random} alone. Ends with 1 when a target is missed.
 */
public final class JournalCost {
  private static final List<String> PARTS = List.of("random", "order", "recovery", "quiet");

  private static final String COLD = "cold";

  private JournalCost() {}

  /** Runs it and prints figures and targets. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path parent = Path.of(arguments.length > 0 ? arguments[0] : ".");
    List<String> parts =
        arguments.length > 1 ? List.of(arguments).subList(1, arguments.length) : PARTS;
    if (!parts.stream().allMatch(part -> PARTS.contains(part) || part.equals(COLD))) {
      String all = String.join("|", PARTS) + "|" + COLD;
      System.err.println("usage: bench/journal-cost [DIRECTORY [" + all + "...]]");
      System.exit(2);
    }
    Path directory = Files.createTempDirectory(parent, "journal-cost");
    Verdicts verdicts = new Verdicts();
    try (Ashlar engine = Ashlar.start()) {
      for (String part : parts) {
        run(part, engine, directory, verdicts);
      }
    } finally {
      remove(directory);
    }
    System.exit(verdicts.missed() ? 1 : 0);
  }

  private static void run(String part, Ashlar engine, Path directory, Verdicts verdicts)
      throws IOException, InterruptedException {
    System.err.println(part + " ...");
    switch (part) {
      case "random" -> new RandomWrites(engine, directory, verdicts).run();
      case COLD -> new RandomWrites(engine, directory, verdicts).cold();
      case "order" -> new WritesInOrder(engine, directory, verdicts).run();
      case "recovery" -> new AfterKill(engine, directory, verdicts).recovery();
      default -> new AfterKill(engine, directory, verdicts).overApproximation();
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
