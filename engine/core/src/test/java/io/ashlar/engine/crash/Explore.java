package io.ashlar.engine.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * Explores by hand: {@code Explore short LENGTH}, {@code Explore ops A,B}, {@code Explore
 * directed}, {@code Explore failures}, or {@code Explore random FROM COUNT}.
 */
final class Explore {
  private Explore() {}

  /** See the class. */
  public static void main(String[] args) {
    FixedRandom.install();
    Explorer.Depth depth =
        new Explorer.Depth(
            Integer.getInteger("subsets", 5),
            Integer.getInteger("samples", 2),
            Integer.getInteger("many", 2),
            Integer.getInteger("nested", 20),
            Integer.getInteger("states", 100_000),
            Boolean.getBoolean("strict"));
    Machine machine = new Machine();
    Explorer explorer = new Explorer(machine, depth);
    long began = System.nanoTime();
    List<Workload> workloads = workloads(machine, args);
    Map<String, Integer> kinds = new TreeMap<>();
    for (Workload workload : workloads) {
      if (!explorer.explore(workload)) {
        Explorer.Violation violation = explorer.violations().get(explorer.violations().size() - 1);
        String kind =
            violation.what().replaceAll("[0-9a-f]*[0-9][0-9a-f]*", "#").replaceAll("; .*", "");
        if (kinds.merge(kind, 1, Integer::sum) == 1) {
          System.out.println(violation);
          explorer
              .before(violation.moment().at(), Integer.getInteger("trace", 0))
              .forEach(System.out::println);
        }
      }
    }
    kinds.forEach((kind, times) -> System.out.println(times + " x " + kind));
    if (Boolean.getBoolean("refused")) {
      explorer.refused().forEach(System.out::println);
    }
    System.out.println(explorer.phases());
    System.out.printf(
        "%d workloads, %d states, %d nested, %d judged, %.1f s%n",
        workloads.size(),
        explorer.distinct().size(),
        explorer.nested(),
        explorer.judged(),
        (System.nanoTime() - began) / 1e9);
    System.exit(0);
  }

  private static List<Workload> workloads(Machine machine, String[] args) {
    return switch (args[0]) {
      case "ops" -> {
        List<Op> ops = Arrays.stream(args[1].split(",")).map(Op::valueOf).toList();
        Trouble trouble = Trouble.at(Integer.getInteger("failing", 0));
        Workload workload =
            new Workload(Long.getLong("seed", 1), true, ops, List.of(), trouble, 0, true);
        yield List.of(Boolean.getBoolean("wide") ? workload.onWideDisk() : workload);
      }
      case "short" -> Workloads.upTo(Integer.parseInt(args[1]));
      case "directed" -> Workloads.directed();
      case "failures" -> Workloads.failures(machine);
      case "random" ->
          LongStream.range(0, Long.parseLong(args[2]))
              .mapToObj(i -> Workloads.random(Long.parseLong(args[1]) + i))
              .toList();
      default -> throw new IllegalArgumentException(args[0]);
    };
  }
}
