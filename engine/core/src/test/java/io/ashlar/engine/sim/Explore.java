package io.ashlar.engine.sim;

import io.ashlar.engine.sim.Histories.Trouble;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs histories by hand and shows the shortest bad one of each kind: {@code Explore TROUBLE FROM
 * COUNT [log|- MUTANT]}.
 */
final class Explore {
  private Explore() {}

  /** See the class. */
  public static void main(String[] args) {
    Trouble trouble = Trouble.valueOf(args[0]);
    long from = Long.parseLong(args[1]);
    long count = Long.parseLong(args[2]);
    boolean log = args.length > 3 && args[3].equals("log");
    Mutant mutant = args.length > 4 ? Mutant.valueOf(args[4]) : Mutant.NONE;
    Map<String, Integer> kinds = new TreeMap<>();
    long begun = System.nanoTime();
    for (long seed = from; seed < from + count; seed++) {
      History history = Histories.of(seed, trouble);
      Outcome outcome = Runner.run(history, mutant);
      if (!outcome.good() && kinds.merge(kind(outcome), 1, Integer::sum) == 1) {
        show(history, mutant, kind(outcome), log);
      }
    }
    kinds.forEach((kind, times) -> System.out.println(times + " x " + kind));
    System.out.printf("%.2f ms a run%n", (System.nanoTime() - begun) / 1e6 / count);
    System.exit(0);
  }

  private static String kind(Outcome outcome) {
    return plain(outcome.violations().get(0));
  }

  private static String plain(String violation) {
    return violation.replaceAll("[-0-9]+", "#");
  }

  private static void show(History history, Mutant mutant, String kind, boolean log) {
    History small =
        history.shrunk(
            h -> Runner.run(h, mutant).violations().stream().anyMatch(v -> plain(v).equals(kind)));
    Outcome outcome = Runner.explain(small, mutant);
    System.out.println(small + String.join("\n", outcome.violations()) + "\n");
    if (log) {
      System.out.println(String.join("\n", outcome.log()) + "\n");
    }
  }
}
