package io.ashlar.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every rule is needed: broken, a history shows it. */
final class MutantsTest {
  private static final int SEEDS = 4000;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void caught(Mutant mutant) {
    for (long seed = 0; seed < SEEDS; seed++) {
      History history = Histories.of(seed, mutant.trouble());
      Outcome outcome = Runner.run(history, mutant);
      if (!outcome.good()) {
        System.out.println(
            mutant + " is caught by seed " + seed + ": " + outcome.violations().get(0));
        return;
      }
    }
    assertThat(mutant).as("survived " + SEEDS + " histories").isNull();
  }
}
