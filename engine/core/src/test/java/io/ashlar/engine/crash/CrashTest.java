package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What crashes leave of short workloads. */
final class CrashTest {
  @Test
  void everyWorkloadOfOneOperation() {
    Explorer explorer = new Explorer(new Machine(), new Explorer.Depth(3, 1, 20, 60, true));
    for (Op op : Op.SHORT) {
      explorer.explore(Workload.of(1, List.of(op), true));
    }
    assertThat(explorer.violations()).isEmpty();
    assertThat(explorer.refused()).isEmpty();
    assertThat(explorer.distinct()).hasSizeGreaterThan(500);
  }

  @Test
  void aSeedIsAnOrder() {
    List<String> traces = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Workload workload =
          new Workload(
              7,
              true,
              List.of(Op.CLEAR, Op.READ_ONLY),
              List.of(List.of(Op.OVERWRITE)),
              Trouble.NONE,
              2,
              true);
      traces.add(Run.of(new Machine(), workload).timeline().moments().toString());
    }
    assertThat(traces.get(0)).isEqualTo(traces.get(1));
  }
}
