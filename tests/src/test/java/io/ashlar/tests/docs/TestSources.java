package io.ashlar.tests.docs;

import io.ashlar.tests.mutants.SourceMutant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the test sources of all modules declare. It is read from the sources, since most modules'
 * tests are not on this module's class path.
 */
final class TestSources {
  private static final Set<String> ELSEWHERE = Set.of("target", "main", ".git", ".ashlar");
  private static final Pattern DECLARATION =
      Pattern.compile("\\b(?:class|enum|record|interface|object|trait)\\s+([A-Z]\\w*)");
  private static final String TEST =
      "@(?:Test|ParameterizedTest|RepeatedTest|TestFactory)\\b[^;]*?\\b";

  private final Path root;
  private final List<String> mutants = SourceMutant.all().stream().map(SourceMutant::name).toList();

  /** Sources by the names of the types that they declare. */
  private final Map<String, List<String>> sources = new HashMap<>();

  /** Reads {@code src/test} of all modules below a directory, whatever its own name is. */
  TestSources(Path root) {
    this.root = root;
    try {
      Files.walkFileTree(root, new Reader());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Reader extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      boolean elsewhere =
          !directory.equals(root) && ELSEWHERE.contains(directory.getFileName().toString());
      return elsewhere ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      String name = root.relativize(file).toString();
      if (name.contains("/src/test/") && (name.endsWith(".java") || name.endsWith(".scala"))) {
        String text = Files.readString(file);
        DECLARATION
            .matcher(text)
            .results()
            .map(match -> match.group(1))
            .distinct()
            .forEach(type -> sources.computeIfAbsent(type, t -> new ArrayList<>()).add(text));
      }
      return FileVisitResult.CONTINUE;
    }
  }

  /**
   * Whether a test exists: {@code ClassTest}, {@code ClassTest#method}, {@code AnySpec} or {@code
   * AnySpec "the name of a test"}. A spec may put a name together from a word of its own and a
   * colon, and the rest.
   */
  boolean hasTest(String name) {
    int quote = name.indexOf(" \"");
    int hash = name.indexOf('#');
    String type = name.substring(0, quote > 0 ? quote : hash > 0 ? hash : name.length());
    if (!type.endsWith("Test") && !type.endsWith("Spec")) {
      return false;
    }
    if (quote > 0) {
      String title = name.substring(quote + 2, name.length() - 1);
      String rest = title.substring(title.indexOf(": ") < 0 ? 0 : title.indexOf(": ") + 2);
      return declares(type, Pattern.compile(Pattern.quote("\"" + rest + "\"")))
          || declares(type, Pattern.compile(Pattern.quote("\"" + title + "\"")));
    }
    return hash < 0
        ? sources.containsKey(type)
        : declares(type, Pattern.compile(TEST + Pattern.quote(name.substring(hash + 1)) + "\\("));
  }

  /**
   * Whether a mutant exists: {@code Type.CONSTANT}, a test that shows it, or a name in the list of
   * {@link SourceMutant}.
   *
   * @see #hasTest
   */
  boolean hasMutant(String name) {
    if (name.contains("#") || name.contains(" \"")) {
      return hasTest(name);
    }
    int dot = name.indexOf('.');
    return dot < 0
        ? mutants.contains(name)
        : declares(
            name.substring(0, dot),
            Pattern.compile("\\b" + Pattern.quote(name.substring(dot + 1)) + "\\b"));
  }

  private boolean declares(String type, Pattern pattern) {
    return sources.getOrDefault(type, List.of()).stream()
        .anyMatch(text -> pattern.matcher(text).find());
  }
}
