package io.ashlar.tests.mutants;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rule broken on purpose, as {@code mutants.txt} beside this class describes it.
 *
 * @param name its name, in capitals
 * @param what what is wrong with the code once it is made
 * @param module the directory of the module that the test is in
 * @param test the test that has to fail by it, {@code ClassTest#method}
 * @param patches what is patched, in this order; one for most, more for a rule that is kept twice
 */
public record SourceMutant(
    String name, String what, String module, String test, List<Patch> patches) {
  /**
   * Lines that go and lines that come.
   *
   * @param file the source, from the root of the project
   * @param gone the lines that go, without the blanks around them; they stand in the file once
   * @param come the lines that come in their place
   */
  public record Patch(String file, List<String> gone, List<String> come) {
    /** Copies. */
    public Patch {
      gone = List.copyOf(gone);
      come = List.copyOf(come);
    }
  }

  private static final String LIST = "mutants.txt";
  private static final String OF_CRASHES = "crash-mutants.txt";
  private static final Pattern HEAD = Pattern.compile("([A-Z][A-Z0-9_]+): (.+)");

  /** All mutants of the list, in its order. */
  public static List<SourceMutant> all() {
    return of(LIST);
  }

  /** Those that the crash harness has to notice. */
  static List<SourceMutant> ofCrashes() {
    return of(OF_CRASHES);
  }

  private static List<SourceMutant> of(String list) {
    try (InputStream in = SourceMutant.class.getResourceAsStream(list)) {
      if (in == null) {
        throw new AssertionError("there is no " + list + " among the test resources");
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a list: see the head of {@code mutants.txt} for its form. */
  static List<SourceMutant> parse(String text) {
    List<SourceMutant> mutants = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (HEAD.matcher(line).matches() && !lines.isEmpty()) {
        mutants.add(one(lines));
        lines.clear();
      }
      lines.add(line);
    }
    if (!lines.isEmpty()) {
      mutants.add(one(lines));
    }
    return List.copyOf(mutants);
  }

  private static SourceMutant one(List<String> lines) {
    Matcher head = HEAD.matcher(lines.get(0));
    if (!head.matches()) {
      throw new IllegalArgumentException("no name of a mutant: " + lines.get(0));
    }
    String name = head.group(1);
    String[] test = {};
    List<String> file = new ArrayList<>();
    List<List<String>> gone = new ArrayList<>();
    List<List<String>> come = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String word = line.split(" ", 2)[0];
      String rest = line.substring(word.length()).strip();
      if (file.isEmpty() && !word.equals("file")) {
        throw new IllegalArgumentException(name + ": no file before: " + line);
      }
      switch (word) {
        case "file" -> {
          file.add(rest);
          gone.add(new ArrayList<>());
          come.add(new ArrayList<>());
        }
        case "test" -> test = rest.split(" ", 2);
        case "-" -> gone.get(gone.size() - 1).add(rest);
        case "+" -> come.get(come.size() - 1).add(rest);
        default -> throw new IllegalArgumentException(name + ": not understood: " + line);
      }
    }
    if (file.isEmpty() || test.length != 2 || gone.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException(name + ": wants a file, a module with a test, and lines");
    }
    List<Patch> patches = new ArrayList<>();
    for (int i = 0; i < file.size(); i++) {
      patches.add(new Patch(file.get(i), gone.get(i), come.get(i)));
    }
    return new SourceMutant(name, head.group(2), test[0], test[1], List.copyOf(patches));
  }

  /**
   * The sources as they are, by their paths.
   *
   * @param root the root of the project
   * @throws IllegalStateException when there is no such file
   */
  Map<String, String> sound(Path root) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Patch patch : patches) {
      try {
        sources.put(patch.file, Files.readString(root.resolve(patch.file)));
      } catch (IOException e) {
        throw new IllegalStateException(name + ": cannot read " + patch.file, e);
      }
    }
    return sources;
  }

  /**
   * The sources with the rule broken, by their paths.
   *
   * @throws IllegalStateException when the lines that go do not stand in the file exactly once
   */
  public Map<String, String> broken(Path root) {
    Map<String, String> sources = sound(root);
    for (Patch patch : patches) {
      sources.compute(patch.file, (file, source) -> broken(patch, source));
    }
    return sources;
  }

  private String broken(Patch patch, String source) {
    List<String> lines = new ArrayList<>(source.lines().toList());
    List<String> stripped = lines.stream().map(String::strip).toList();
    int at = Collections.indexOfSubList(stripped, patch.gone);
    if (at < 0 || at != Collections.lastIndexOfSubList(stripped, patch.gone)) {
      throw new IllegalStateException(name + ": its lines are not once in " + patch.file);
    }
    lines.subList(at, at + patch.gone.size()).clear();
    lines.addAll(at, patch.come);
    return String.join("\n", lines) + "\n";
  }

  /** Its name: what a report calls it. */
  @Override
  public String toString() {
    return name;
  }
}
