package io.ashlar.tests.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mutant that shows nothing is never taken for one that was caught. */
final class JudgeTest {
  private static final String RETURN = "return 2 * number;";

  private final Judge judge = new Judge(Path.of(System.getProperty("ashlar.root")), 2);

  @AfterEach
  void end() throws IOException {
    judge.close();
  }

  private static SourceMutant mutant(String test, String gone, String come) {
    return SourceMutant.parse(
            """
            BROKEN: twice is something else
            file tests/src/test/java/io/ashlar/tests/mutants/Doubling.java
            test tests DoublingCases#%s
            - %s
            + %s
            """
                .formatted(test, gone, come))
        .get(0);
  }

  @Test
  void aBrokenRuleIsCaughtByItsTest() {
    Judge.Verdict verdict = judge.judge(mutant("twiceTwoIsFour", RETURN, "return 3 * number;"));
    assertThat(verdict).isInstanceOf(Judge.Verdict.Caught.class);
    assertThat(((Judge.Verdict.Caught) verdict).by()).hasMessageContaining("6");
  }

  @ParameterizedTest
  @CsvSource({
    "twiceTwoIsFour, return 2 * number;",
    "twiceTwoIsFour, return number + number;",
    "twiceTwoIsFour, return number * number;",
    "nothingIsAsked, return 3 * number;",
  })
  void whatItsTestDoesNotSeeIsNotCaught(String test, String come) {
    assertThat(judge.judge(mutant(test, RETURN, come))).isEqualTo(new Judge.Verdict.NotCaught());
  }

  @Test
  void aTestThatCannotRunHereSaysNothing() {
    assertThat(judge.judge(mutant("cannotRun", RETURN, "return 3 * number;")))
        .isEqualTo(new Judge.Verdict.Skipped());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "twiceTwoIsFour | return 4 * number; | return 0; | its lines are not once in",
        "twiceTwoIsFour | } | return 0; | its lines are not once in",
        "twiceTwoIsFour | return 2 * number; | return nothing; | does not compile",
        "twiceTwoIsFour | static int twice(int number) { | static int twice(long number) { return 3; } static int x(int number) { | do not fit together",
        "fails | return 2 * number; | return 3 * number; | fails without it",
        "noSuchTest | return 2 * number; | return 3 * number; | there is no DoublingCases#noSuchTest",
        "waitsForEverWhenTwiceOneIsOne | return 2 * number; | return number; | does not end",
      })
  void whatProvesNothingIsAnError(String test, String gone, String come, String why) {
    SourceMutant mutant = mutant(test, gone, come);
    assertThatThrownBy(() -> judge.judge(mutant))
        .isInstanceOf(Judge.Unfit.class)
        .hasMessageContaining("BROKEN proves nothing")
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lower: case\nfile a\ntest m A#b\n- x\n",
        "NAME: what\ntest m A#b\n- x\n",
        "NAME: what\nfile a\ntest A#b\n- x\n",
        "NAME: what\nfile a\ntest m A#b\n+ x\n",
        "NAME: what\nfile a\ntest m A#b\n- x\n* y\n",
      })
  void aListThatIsNotUnderstoodIsAnError(String list) {
    assertThatThrownBy(() -> SourceMutant.parse(list)).isInstanceOf(IllegalArgumentException.class);
  }
}
