package io.ashlar.engine.crash;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of several processes that explore together, each its share: {@code Lane NUMBER LANES STATES
 * LENGTH SEED SHOWN DIRECTORY}. First the directed workloads and all short ones, then random ones
 * until there are enough states. One state in SHOWN goes to {@code qemu-img check}, too. The hashes
 * of the states go to the file {@code statesNUMBER}, and how often crashes came into which step to
 * {@code stepsNUMBER}. Says now and then how far it is, and goes on after a violation, until there
 * are too many.
 */
final class Lane {
  private static final int SHRINKS = 300;
  private static final int LOOKS = 3000;

  /** With fewer states a little of each workload has to do. */
  private static final int SMALL = 20_000;

  /** So many states between two words of how far it is. */
  private static final int TOLD = 50_000;

  /** With so many violations, which may all have one reason, it gives up. */
  private static final int TOO_MANY = 5;

  private final int number;
  private final int lanes;
  private final int states;
  private final Explorer explorer;
  private final long began = System.nanoTime();
  private int workloads;
  private int violations;
  private int told;

  private Lane(int number, int lanes, int states) {
    this.number = number;
    this.lanes = lanes;
    this.states = states;
    explorer = new Explorer(new Machine(), depth(Workload.of(0, List.of(), true)));
  }

  /**
   * How far to go: the more states in all, the deeper. In the long form short workloads get nearly
   * all there is, and those of three operations, which are many, a little each.
   */
  private Explorer.Depth depth(Workload workload) {
    if (Boolean.getBoolean("ashlar.long")) {
      int share =
          switch (workload.ops().size()) {
            case 0, 1 -> 20_000;
            case 2 -> 2_000;
            case 3 -> 60;
            default -> 1_500;
          };
      return new Explorer.Depth(10, 3, 200, 25, share, true);
    }
    return new Explorer.Depth(6, 3, 3, 25, states >= SMALL ? 1_500 : 100, true);
  }

  /** See the class. */
  public static void main(String[] args) throws IOException {
    FixedRandom.install();
    Lane lane =
        new Lane(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    Path directory = Path.of(args[6]);
    Optional<RealTool> tool =
        RealTool.find(Files.createDirectory(directory.resolve("shown" + args[0])));
    tool.ifPresent(real -> lane.explorer.show(real, Integer.parseInt(args[5])));
    boolean good = lane.explore(Integer.parseInt(args[3]), Long.parseLong(args[4]));
    lane.write(directory);
    System.out.printf(
        "lane %d: %d workloads, %d states, %d nested, %d judged, %s%n",
        lane.number,
        lane.workloads,
        lane.explorer.distinct().size(),
        lane.explorer.nested(),
        lane.explorer.judged(),
        tool.map(real -> real.crashed() + " shown to qemu-img check, " + real.closed() + " again")
            .orElse("none shown to qemu-img check, which is not installed"));
    System.exit(good ? 0 : 1);
  }

  private boolean explore(int length, long seed) {
    List<Workload> shorts = new ArrayList<>(Workloads.directed());
    shorts.addAll(Workloads.failures());
    shorts.addAll(Workloads.upTo(length));
    for (int i = number; i < shorts.size() && violations < TOO_MANY; i += lanes) {
      look(shorts.get(i));
    }
    for (long i = number;
        explorer.distinct().size() < states && violations < TOO_MANY;
        i += lanes) {
      look(Workloads.random(seed + i));
    }
    return violations == 0;
  }

  private void look(Workload workload) {
    workloads++;
    explorer.depth(depth(workload));
    try {
      explore(workload);
    } catch (RuntimeException e) {
      // The harness itself is wrong; the lane goes on, so that a long run is not lost with it.
      violations++;
      System.out.println("VIOLATION " + workload + ": " + e);
      e.printStackTrace(System.out);
    }
    if (explorer.distinct().size() / TOLD > told) {
      told = explorer.distinct().size() / TOLD;
      System.out.printf(
          "lane %d: %,d of %,d states after %d workloads and %d s%n",
          number,
          explorer.distinct().size(),
          states,
          workloads,
          (System.nanoTime() - began) / 1_000_000_000);
    }
  }

  private void explore(Workload workload) {
    int before = explorer.violations().size();
    if (!explorer.explore(workload)) {
      violations++;
      Explorer.Violation found = explorer.violations().get(before);
      Explorer.Violation shorter = Shrinker.shrink(found, this::violation, SHRINKS);
      Explorer.Violation small =
          StateShrinker.shrink(shorter, depth(shorter.workload()).strict(), LOOKS);
      System.out.println("VIOLATION " + small);
    }
  }

  private Optional<Explorer.Violation> violation(Workload workload) {
    Explorer again = new Explorer(new Machine(), depth(workload));
    again.explore(workload);
    return again.violations().stream().findFirst();
  }

  private void write(Path directory) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(
            new BufferedOutputStream(
                Files.newOutputStream(directory.resolve("states" + number))))) {
      for (long hash : explorer.distinct()) {
        out.writeLong(hash);
      }
    }
    List<String> steps = new ArrayList<>();
    explorer.phases().forEach((step, crashes) -> steps.add(crashes + " " + step));
    Files.write(directory.resolve("steps" + number), steps);
  }
}
