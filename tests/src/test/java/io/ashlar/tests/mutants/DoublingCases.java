package io.ashlar.tests.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * Tests that {@link JudgeTest} has run; by themselves they are none, so their class is not named
 * so.
 */
final class DoublingCases {
  @Test
  void twiceTwoIsFour() {
    assertThat(Doubling.twice(2)).isEqualTo(4);
  }

  @Test
  void nothingIsAsked() {}

  @Test
  void fails() {
    assertThat(Doubling.twice(2)).isEqualTo(5);
  }

  @Test
  void cannotRun() {
    abort("something is missing here");
  }

  @Test
  void waitsForEverWhenTwiceOneIsOne() throws InterruptedException {
    CountDownLatch latch = new CountDownLatch(Doubling.twice(1) == 1 ? 1 : 0);
    latch.await();
  }
}
