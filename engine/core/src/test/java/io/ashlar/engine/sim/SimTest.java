package io.ashlar.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.sim.Histories.Trouble;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** One seed is one run, to the last turn; and another seed another one. */
final class SimTest {
  private static final int SEEDS = 60;
  private static final int MORE_SEEDS = 500;
  private static final int JOURNAL_SEEDS = 200;

  @Test
  void aSeedIsAnOrder() {
    Set<Long> traces = new HashSet<>();
    for (Trouble trouble : Trouble.values()) {
      for (long seed = 0; seed < SEEDS; seed++) {
        History history = Histories.of(seed, trouble);
        Outcome first = Runner.run(history);
        Outcome second = Runner.run(history);
        assertThat(second.trace()).as(trouble + ", seed " + seed).isEqualTo(first.trace());
        assertThat(second.steps()).isEqualTo(first.steps());
        traces.add(first.trace());
      }
    }
    assertThat(traces).hasSizeGreaterThan(SEEDS * 3);
  }

  @Test
  void noChangeFailsByAJournalThatFails() {
    for (long seed = 0; seed < JOURNAL_SEEDS; seed++) {
      History history = Histories.of(seed, Trouble.JOURNAL);
      assertThat(Runner.run(history).violations()).as(history.toString()).isEmpty();
    }
  }

  @Test
  void withoutTroubleEverythingHoldsAndEveryCommandIsCarriedOut() {
    Map<String, Integer> succeeded = new TreeMap<>();
    for (long seed = 0; seed < MORE_SEEDS; seed++) {
      History history = Histories.of(seed, Trouble.NONE);
      Outcome outcome = Runner.run(history);
      assertThat(outcome.violations()).as(history.toString()).isEmpty();
      outcome.succeeded().forEach(kind -> succeeded.merge(kind, 1, Integer::sum));
    }
    System.out.println("carried out, by number of histories: " + succeeded);
    for (Class<?> kind : Step.class.getPermittedSubclasses()) {
      assertThat(succeeded).containsKey(kind.getSimpleName());
    }
  }
}
