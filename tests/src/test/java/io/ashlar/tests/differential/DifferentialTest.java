package io.ashlar.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand random operations on Ashlar and on qemu-io, over every kind of image that qcow2
 * allows.
 *
 * <p>{@code -Dashlar.seed=N} repeats a run, {@code -Dashlar.cell=TEXT} runs the cells whose name
 * contains the text, {@code -Dashlar.long=true} does ten times as much.
 */
final class DifferentialTest {
  private static final int OPERATIONS_PER_CELL = 88;
  private static final int OPERATIONS_PER_RUN = 10_000;
  private static final int CELLS = 120;
  private static final int WORKERS = 2;
  private static final int SHRINKING_RUNS = 150;
  private static final int MOST_FAILURES = 8;
  private static final int KIND_LENGTH = 24;

  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final Queue<Plan> done = new ConcurrentLinkedQueue<>();

  private final AtomicInteger broken = new AtomicInteger();
  private int mostBroken;

  @TempDir Path slow;

  @Test
  void oursAndQemusImagesStayTwins() throws Exception {
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    boolean all = Boolean.getBoolean("ashlar.long");
    String only = System.getProperty("ashlar.cell", "");
    System.out.println("differential: -Dashlar.seed=" + seed);
    List<Cell> cells = Cell.legal();
    assertThat(cells).doesNotHaveDuplicates().hasSize(CELLS);
    Queue<Plan> plans = new ConcurrentLinkedQueue<>();
    for (int round = 0; round < (all ? 10 : 1); round++) {
      for (int i = 0; i < cells.size(); i++) {
        if (cells.get(i).toString().contains(only)) {
          plans.add(Plan.make(cells.get(i), mix(seed, round, i), OPERATIONS_PER_CELL));
        }
      }
    }
    mostBroken = 10 + plans.size() / 10;
    work(plans);
    assertThat(failures).as("with -Dashlar.seed=%d", seed).isEmpty();
    System.out.println(table());
    if (only.isEmpty()) {
      assertThat(done.stream().map(Plan::cell)).as("cells that were run").containsAll(cells);
      assertThat(operationsDone()).isGreaterThanOrEqualTo(OPERATIONS_PER_RUN);
    }
  }

  private void work(Queue<Plan> plans) throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    Path directory = fastDirectory();
    AtomicInteger number = new AtomicInteger();
    try (Ashlar engine = Ashlar.start()) {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        ends.add(
            workers.submit(
                () -> {
                  Path mine =
                      Files.createDirectory(directory.resolve("w" + number.incrementAndGet()));
                  work(plans, new Twins(engine, mine));
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      workers.shutdownNow();
      deleteTree(directory);
    }
  }

  private void work(Queue<Plan> plans, Twins twins) {
    Plan plan;
    while ((plan = plans.poll()) != null && failures.size() < MOST_FAILURES) {
      try {
        String difference = twins.differenceAfter(plan);
        if (difference == null) {
          done.add(plan);
        } else {
          String failure = shrunk(plan, difference, twins);
          System.out.println(failure); // at once: a long run may be ended early
          failures.add(failure);
        }
      } catch (Twins.OracleBroken e) {
        System.out.println("QEMU broke its own image: " + e.getMessage() + "\n" + plan.describe());
        assertThat(broken.incrementAndGet()).as("images that QEMU broke").isLessThan(mostBroken);
        plans.add(plan.next(OPERATIONS_PER_CELL));
      }
    }
  }

  private static String shrunk(Plan plan, String difference, Twins twins) {
    Plan full = plan;
    List<Operation> least =
        Shrinker.shrink(
            plan.operations(),
            operations -> sameKind(difference, again(full.with(operations), twins)),
            SHRINKING_RUNS);
    Plan small = plan.with(least);
    String again = again(small, twins);
    return "\n" + difference + "\n  shrunk: " + again + "\n  " + small.describe() + "\n";
  }

  private static String again(Plan plan, Twins twins) {
    try {
      return twins.differenceAfter(plan);
    } catch (Twins.OracleBroken e) {
      return null;
    }
  }

  /** Whether two differences begin alike, their numbers left out: else shrinking goes astray. */
  private static boolean sameKind(String one, String other) {
    return other != null && kind(one).equals(kind(other));
  }

  private static String kind(String difference) {
    String text = difference.replaceAll("[0-9]+", "").replaceAll("\\[.*", "");
    return text.substring(0, Math.min(KIND_LENGTH, text.length()));
  }

  private int operationsDone() {
    return done.stream()
        .flatMap(plan -> plan.operations().stream())
        .mapToInt(Operation::weight)
        .sum();
  }

  private String table() {
    Map<String, Map<Cell.Bitmap, Integer>> rows = new TreeMap<>();
    for (Plan plan : done) {
      Cell cell = plan.cell();
      String row =
          String.format(
              "%7d v%d %2d bit, backing %-7s",
              cell.clusterSize(), cell.version(), cell.refcountBits(), cell.backing());
      int operations = plan.operations().stream().mapToInt(Operation::weight).sum();
      rows.computeIfAbsent(row, r -> new EnumMap<>(Cell.Bitmap.class))
          .merge(cell.bitmap(), operations, Integer::sum);
    }
    StringBuilder text = new StringBuilder("operations by kind of image and bitmap:\n");
    rows.forEach((row, counts) -> text.append(row).append("  ").append(counts).append('\n'));
    return text.append(operationsDone()).append(" operations").toString();
  }

  private static long mix(long seed, int round, int cell) {
    return seed * 0x9E3779B97F4A7C15L + round * 1_000_003L + cell;
  }

  /** Shared memory when there is some: these images are not about disks. */
  private Path fastDirectory() throws IOException {
    Path memory = Path.of("/dev/shm");
    return Files.isWritable(memory) ? Files.createTempDirectory(memory, "ashlar-twins") : slow;
  }

  private static void deleteTree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
