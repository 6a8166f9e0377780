package io.ashlar.engine.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of several processes that explore together, each its share: {@code Lane NUMBER LANES STATES
 * LENGTH SEED SHOWN DIRECTORY BUILD}. First the directed workloads and all short ones, then random
 * ones until there are enough states. One state in SHOWN goes to {@code qemu-img check}, too. What
 * it has done goes to {@link Explored a file} in DIRECTORY, at the end and now and then, when it
 * says how far it is; with such a file it goes on there. Goes on after a violation, until there are
 * too many.
 */
final class Lane {
  private static final int SHRINKS = 300;
  private static final int LOOKS = 3000;

  /** With fewer states a little of each workload has to do. */
  private static final int SMALL = 20_000;

  /** So many states between two words of how far it is. */
  private static final int TOLD = Integer.getInteger("ashlar.crash.told", 50_000);

  /** With so many violations, which may all have one reason, it gives up. */
  private static final int TOO_MANY = 5;

  private final Machine machine = new Machine();
  private final int number;
  private final int lanes;
  private final int states;
  private final Explorer explorer;
  private final Path file;
  private final Explored before;
  private final long began = System.nanoTime();
  private int workloads;
  private int violations;
  private int told;

  private Lane(int number, int lanes, int states, Path file, String settings) throws IOException {
    this.number = number;
    this.lanes = lanes;
    this.states = states;
    this.file = file;
    explorer = new Explorer(machine, depth(Workload.of(0, List.of(), true)));
    before = Files.exists(file) ? Explored.read(file) : Explored.nothing(settings);
    if (!before.settings().equals(settings)) {
      throw new IllegalArgumentException(
          "'" + file + "' is of a lane that was asked " + before.settings() + ", not " + settings);
    }
    explorer.distinct().addAll(before.distinct());
    explorer.phases().putAll(before.steps());
    workloads = before.workloads();
    violations = before.violations();
    told = before.distinct().size() / TOLD;
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
    int number = Integer.parseInt(args[0]);
    Path directory = Path.of(args[6]);
    Path file = Explored.file(directory, number);
    String settings =
        String.join(" ", List.of(args).subList(0, 6))
            + (Boolean.getBoolean("ashlar.long") ? " long, build " : ", build ")
            + args[7];
    Lane lane =
        new Lane(number, Integer.parseInt(args[1]), Integer.parseInt(args[2]), file, settings);
    Optional<RealTool> tool =
        RealTool.find(Files.createDirectories(directory.resolve("shown" + number)));
    tool.ifPresent(real -> lane.explorer.show(real, Integer.parseInt(args[5])));
    boolean good = lane.explore(Integer.parseInt(args[3]), Long.parseLong(args[4]));
    Explored all = lane.explored();
    all.write(file);
    System.out.printf(
        "lane %d: %d workloads, %d states, %d nested, %d judged, %s%n",
        number,
        all.workloads(),
        all.distinct().size(),
        all.nested(),
        all.judged(),
        tool.map(real -> real.crashed() + " shown to qemu-img check, " + real.closed() + " again")
            .orElse("none shown to qemu-img check, which is not installed"));
    System.exit(good ? 0 : 1);
  }

  private boolean explore(int length, long seed) throws IOException {
    List<Workload> shorts = new ArrayList<>(Workloads.directed());
    shorts.addAll(Workloads.failures(machine));
    shorts.addAll(Workloads.upTo(length));
    // What begins alike has states in common, which count once: it belongs into one lane.
    shorts.removeIf(workload -> workload.ops().get(0).ordinal() % lanes != number);
    while (violations < TOO_MANY) {
      int random = workloads - shorts.size();
      if (random >= 0 && explorer.distinct().size() >= states) {
        break;
      }
      look(
          random < 0
              ? shorts.get(workloads)
              : Workloads.random(seed + number + (long) random * lanes));
      workloads++;
      tell();
    }
    return violations == 0;
  }

  private void look(Workload workload) {
    explorer.depth(depth(workload));
    try {
      explore(workload);
    } catch (RuntimeException | AssertionError e) {
      // The harness itself may be wrong; the lane goes on, so that a long run is not lost with it.
      violations++;
      System.out.println("VIOLATION " + workload + ": " + e);
      e.printStackTrace(System.out);
    }
  }

  private void tell() throws IOException {
    if (explorer.distinct().size() / TOLD > told) {
      told = explorer.distinct().size() / TOLD;
      Explored now = explored();
      now.write(file);
      System.out.printf(
          "lane %d: %,d of %,d states after %d workloads and %d s%n",
          number, now.distinct().size(), states, now.workloads(), now.seconds());
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

  /** What this lane has done, in all its lives. */
  private Explored explored() {
    return new Explored(
        before.settings(),
        workloads,
        violations,
        before.nested() + explorer.nested(),
        before.judged() + explorer.judged(),
        before.seconds() + (System.nanoTime() - began) / 1_000_000_000,
        explorer.phases(),
        explorer.distinct());
  }
}
