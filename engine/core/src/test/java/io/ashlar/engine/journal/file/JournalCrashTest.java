package io.ashlar.engine.journal.file;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Power loss at every operation: nothing acknowledged is lost, and nothing is called damaged. */
final class JournalCrashTest {
  private static final long SEED = Long.getLong("ashlar.seed", System.nanoTime());

  @Test
  void everythingAcknowledgedSurvivesEveryLossOfPower() {
    System.out.println("journal crash: -Dashlar.seed=" + SEED);
    assertThat(new CrashRun(JournalRules.STANDARD, SEED).violations())
        .as("with -Dashlar.seed=%d", SEED)
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokenRules.class,
      names = {"NOT_FLUSHED", "RENAMED_BEFORE_FLUSH", "DIRECTORY_NOT_FLUSHED"})
  void aBrokenRuleLosesSomething(BrokenRules broken) {
    assertThat(new CrashRun(broken, SEED).violations()).as("with seed %d", SEED).isNotEmpty();
  }
}
