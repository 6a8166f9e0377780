package io.ashlar.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.tests.docs.SeedTable.Row;
import io.ashlar.tests.mutants.SourceMutant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of promises, holes and rules names tests and mutants that exist. */
class SeedTableTest {
  private static final Path ROOT = Path.of(System.getProperty("ashlar.root"));
  private static final String CANNOT_ARISE = "cannot arise: ";
  private static final int LEAST_REASON = 30;

  private final TestSources sources = new TestSources(ROOT);

  private static SeedTable table() throws IOException {
    return SeedTable.parse(Files.readString(ROOT.resolve("docs/seed-table.md")));
  }

  @Test
  void everyRowIsThereOnceAndInOrder() throws IOException {
    List<String> wanted =
        Stream.of(rows("S", 9), rows("H", 19), rows("I", 32)).flatMap(s -> s).toList();
    assertThat(table().rows()).extracting(Row::id).isEqualTo(wanted);
  }

  private static Stream<String> rows(String kind, int count) {
    return IntStream.rangeClosed(1, count).mapToObj(number -> kind + number);
  }

  @Test
  void everyCellSaysSomethingAndEveryNameExists() throws IOException {
    List<String> wrong = new ArrayList<>();
    table().rows().forEach(row -> wrong.addAll(wrong(row)));
    assertThat(wrong).isEmpty();
  }

  @Test
  void asManyCellsAreOpenAsThePageSays() throws IOException {
    SeedTable table = table();
    assertThat(table.rows().stream().mapToLong(Row::openCells).sum()).isEqualTo(table.open());
  }

  @Test
  void everyMutantCanBeMadeAndIsInTheTable() throws IOException {
    List<SourceMutant> mutants = SourceMutant.all();
    assertThat(mutants)
        .allSatisfy(mutant -> assertThat(mutant.broken(ROOT)).isNotEmpty())
        .allMatch(mutant -> sources.hasTest(mutant.test()), "names a test that exists");
    List<String> names = mutants.stream().map(SourceMutant::name).toList();
    assertThat(names).doesNotHaveDuplicates();
    assertThat(table().rows().stream().flatMap(row -> Row.names(row.mutant()).stream()))
        .containsAll(names);
  }

  private List<String> wrong(Row row) {
    List<String> wrong = new ArrayList<>();
    if (row.rule().length() < LEAST_REASON) {
      wrong.add(row.id() + ": no rule");
    }
    if (!row.tests().equals(SeedTable.OPEN)) {
      List<String> tests = Row.names(row.tests());
      if (tests.isEmpty()) {
        wrong.add(row.id() + ": no test");
      }
      tests.stream()
          .filter(test -> !sources.hasTest(test))
          .forEach(test -> wrong.add(row.id() + ": there is no test " + test));
    }
    if (!row.mutant().equals(SeedTable.OPEN) && !cannotArise(row.mutant())) {
      List<String> mutants = Row.names(row.mutant());
      if (mutants.isEmpty()) {
        wrong.add(row.id() + ": no mutant");
      }
      mutants.stream()
          .filter(mutant -> !sources.hasMutant(mutant))
          .forEach(mutant -> wrong.add(row.id() + ": there is no mutant " + mutant));
    }
    return wrong;
  }

  private static boolean cannotArise(String mutant) {
    return mutant.startsWith(CANNOT_ARISE)
        && mutant.length() >= CANNOT_ARISE.length() + LEAST_REASON;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "| S1 | a rule that is long enough to say something | `SeedTableTest#noSuchMethod` | open |",
        "| S1 | a rule that is long enough to say something | `SeedTableTest#wrong` | open |",
        "| S1 | a rule that is long enough to say something | `NoSuchTest` | open |",
        "| S1 | a rule that is long enough to say something | `SeedTable` | open |",
        "| S1 | a rule that is long enough to say something | `RecordingModelSpec \"xyz\"` | open |",
        "| S1 | a rule that is long enough to say something | open | `SeedTable.NO_SUCH` |",
        "| S1 | a rule that is long enough to say something | open | `NoSuchMutant` |",
        "| S1 | a rule that is long enough to say something | open | cannot arise: so |",
        "| S1 | a rule that is long enough to say something | | open |",
        "| S1 | a rule that is long enough to say something | open | none |",
        "| S1 | | open | open |",
      })
  void aRowThatSaysNothingOrNamesWhatIsNotThereIsFound(String line) {
    Row row = SeedTable.parse(line + "\nOpen: 1\n").rows().get(0);
    assertThat(wrong(row)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SeedTableTest#everyRowIsThereOnceAndInOrder",
        "SeedTableTest#aRowThatSaysNothingOrNamesWhatIsNotThereIsFound",
        "RecordingModelSpec",
        "RecordingModelSpec \"clear, clear\"",
        "RecordingModelSpec \"caught: no second set at completion\"",
      })
  void aTestThatIsThereIsFound(String name) {
    assertThat(sources.hasTest(name)).isTrue();
  }
}
