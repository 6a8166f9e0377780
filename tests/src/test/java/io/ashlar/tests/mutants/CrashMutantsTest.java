package io.ashlar.tests.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The crash harness is not blind: each rule that crash safety hangs on, broken in the source of the
 * project, is noticed by it. With {@code -Dashlar.crash.mutant=NAME,NAME} only those.
 */
final class CrashMutantsTest {
  private static final int SECONDS = 90;

  /** Within which each is caught. */
  private static final long PATIENCE_MILLIS = 15_000;

  private static final int SHOWN = 200;
  private static final int LEAST = 20;
  private static final Judge JUDGE = new Judge(Path.of(System.getProperty("ashlar.root")), SECONDS);

  static Stream<SourceMutant> mutants() {
    String wanted = System.getProperty("ashlar.crash.mutant", "");
    List<String> names = List.of(wanted.split(","));
    return SourceMutant.ofCrashes().stream()
        .filter(mutant -> wanted.isEmpty() || names.contains(mutant.name()));
  }

  @AfterAll
  static void end() throws IOException {
    JUDGE.close();
  }

  @Test
  void thereAreEnough() {
    assertThat(SourceMutant.ofCrashes()).hasSizeGreaterThanOrEqualTo(LEAST);
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void caught(SourceMutant mutant) {
    Judge.Verdict verdict = JUDGE.judge(mutant);
    assertThat(verdict)
        .as("%s (%s) is not noticed by %s", mutant.name(), mutant.what(), mutant.test())
        .isInstanceOf(Judge.Verdict.Caught.class);
    Judge.Verdict.Caught caught = (Judge.Verdict.Caught) verdict;
    String by = caught.by().toString().replaceAll("\\s+", " ");
    String start = by.substring(0, Math.min(by.length(), SHOWN));
    System.out.println(mutant + ": caught in " + caught.millis() + " ms: " + start);
    assertThat(caught.millis()).as("time until %s was caught", mutant).isLessThan(PATIENCE_MILLIS);
  }
}
