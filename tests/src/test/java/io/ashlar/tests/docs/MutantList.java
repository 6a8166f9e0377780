package io.ashlar.tests.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file {@code ci/mutants.txt}: rules that {@code ci/mutants} breaks in a copy of the sources.
 */
final class MutantList {
  private static final Pattern HEAD = Pattern.compile("([A-Z][A-Z0-9_]+): .+");

  /**
   * One mutant.
   *
   * @param lines what follows its name
   */
  record Mutant(String name, List<String> lines) {
    /** What stands behind a word at the beginning of its lines. */
    List<String> all(String word) {
      return lines.stream()
          .filter(line -> line.equals(word) || line.startsWith(word + " "))
          .map(line -> line.substring(word.length()).strip())
          .toList();
    }
  }

  private final Path root;
  private final List<Mutant> mutants = new ArrayList<>();

  MutantList(Path root) {
    this.root = root;
    try {
      for (String line : Files.readAllLines(root.resolve("ci/mutants.txt"))) {
        Matcher head = HEAD.matcher(line);
        if (head.matches()) {
          mutants.add(new Mutant(head.group(1), new ArrayList<>()));
        } else if (!line.isBlank() && !line.startsWith("#")) {
          mutants.get(mutants.size() - 1).lines().add(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> names() {
    return mutants.stream().map(Mutant::name).toList();
  }

  /** What keeps the mutants from being made, or from being judged. */
  List<String> problems(TestSources sources) throws IOException {
    List<String> problems = new ArrayList<>();
    for (Mutant mutant : mutants) {
      List<String> gone = mutant.all("-");
      Path file = root.resolve(String.join(" and ", mutant.all("file")));
      List<String> source =
          Files.exists(file)
              ? Files.readString(file).lines().map(String::strip).toList()
              : List.of();
      int at = Collections.indexOfSubList(source, gone);
      if (gone.isEmpty() || at < 0 || at != Collections.lastIndexOfSubList(source, gone)) {
        problems.add(mutant.name() + ": its lines are not once in " + file);
      }
      String test = String.join(" and ", mutant.all("test"));
      if (!sources.hasTest(test.substring(test.indexOf(' ') + 1))) {
        problems.add(mutant.name() + ": there is no test " + test);
      }
    }
    return problems;
  }
}
