package io.ashlar.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages lead to each other and to what is there. */
class PagesTest {
  private static final Path ROOT = Path.of(System.getProperty("ashlar.root"));
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (Path directory : List.of(ROOT, ROOT.resolve("docs"))) {
      try (Stream<Path> files = Files.list(directory)) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
      }
    }
    assertThat(pages).contains(ROOT.resolve("README.md"), ROOT.resolve("docs/seed-table.md"));
    return pages;
  }

  private static List<Path> linksOf(Path page) throws IOException {
    return LINK.matcher(Files.readString(page))
        .results()
        .map(link -> page.resolveSibling(link.group(1)).normalize())
        .toList();
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    for (Path page : pages()) {
      for (Path link : linksOf(page)) {
        assertThat(link).as("link in %s", page).exists();
      }
    }
  }

  @Test
  void theReadmeLeadsToEveryPage() throws IOException {
    List<Path> others = new ArrayList<>(pages());
    others.remove(ROOT.resolve("README.md"));
    assertThat(linksOf(ROOT.resolve("README.md"))).containsAll(others);
  }
}
