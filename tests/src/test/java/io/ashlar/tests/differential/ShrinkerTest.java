package io.ashlar.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Shrinking leaves exactly what a failure needs. */
final class ShrinkerTest {
  private static final List<Integer> HUNDRED = IntStream.range(0, 100).boxed().toList();

  @Test
  void leavesTheTwoThatFailTogether() {
    assertThat(Shrinker.shrink(HUNDRED, l -> l.contains(17) && l.contains(80), 1000))
        .containsExactly(17, 80);
  }

  @Test
  void leavesTheOneThatFailsAlone() {
    assertThat(Shrinker.shrink(HUNDRED, l -> l.contains(99), 1000)).containsExactly(99);
  }

  @Test
  void staysWithinItsRunsAndStillFails() {
    List<Integer> left = Shrinker.shrink(HUNDRED, l -> l.contains(3) && l.contains(4), 5);
    assertThat(left).contains(3, 4);
  }
}
