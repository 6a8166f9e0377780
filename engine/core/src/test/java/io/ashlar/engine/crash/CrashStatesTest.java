package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Opens as many different states as {@code ashlar.crash.states} says that crashes may leave, in
 * processes of their own.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS)
final class CrashStatesTest {
  private static final boolean LONG = Boolean.getBoolean("ashlar.long");
  private static final int STATES =
      Integer.getInteger("ashlar.crash.states", LONG ? 2_000_000 : 4_000);
  private static final int LENGTH =
      Integer.getInteger("ashlar.crash.length", LONG ? 3 : STATES >= 100_000 ? 2 : 1);
  private static final long SEED = Long.getLong("ashlar.seed", 20_261_123L);
  private static final int LANES = 2;

  /** One state in so many is shown to qemu-img check. */
  private static final int SHOWN = 400;

  /** Where lanes keep what they have done, so that a run that was stopped goes on. */
  private static final String KEPT = System.getProperty("ashlar.crash.directory", "");

  @TempDir private Path temporary;

  private Path directory() {
    return KEPT.isEmpty() ? temporary : Path.of(KEPT);
  }

  @Test
  void noCrashLeavesWhatMustNotBe() throws Exception {
    long began = System.nanoTime();
    Files.createDirectories(directory());
    List<Process> lanes = new ArrayList<>();
    List<Thread> listeners = new ArrayList<>();
    List<String> said = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < LANES; i++) {
      Process lane = start(i);
      lanes.add(lane);
      listeners.add(new Thread(() -> listen(lane, said), "lane-" + i));
    }
    listeners.forEach(Thread::start);
    boolean good = true;
    for (int i = 0; i < LANES; i++) {
      good &= lanes.get(i).waitFor() == 0;
      listeners.get(i).join();
    }
    // From here on nothing is kept: who asks again wants to see it done again.
    Set<Long> distinct = new HashSet<>();
    Map<String, Integer> steps = new TreeMap<>();
    for (int i = 0; i < LANES; i++) {
      Path file = Explored.file(directory(), i);
      if (Files.exists(file)) {
        Explored lane = Explored.read(file);
        distinct.addAll(lane.distinct());
        lane.steps().forEach((step, crashes) -> steps.merge(step, crashes, Integer::sum));
        Files.delete(file);
      }
    }
    System.out.printf(
        "CrashStatesTest: seed %d, %,d distinct crash states opened again, %s, %d s%n",
        SEED,
        distinct.size(),
        good ? "0 violations" : "a violation",
        (System.nanoTime() - began) / 1_000_000_000);
    assertThat(good).as(String.join("\n", said)).isTrue();
    assertThat(distinct).hasSizeGreaterThanOrEqualTo(STATES);
    assertThat(Coverage.missing(steps, distinct.size())).as("crashes in " + steps).isEmpty();
  }

  /** A long run says what it finds when it finds it. */
  private static void listen(Process lane, List<String> said) {
    lane.inputReader(StandardCharsets.UTF_8)
        .lines()
        .forEach(
            line -> {
              System.out.println(line);
              said.add(line);
            });
  }

  private Process start(int lane) throws IOException {
    // A little more each, for what two lanes have both found counts once.
    int share = STATES / LANES + STATES / 20;
    return LaneProcess.start(
        List.of("-Xmx" + (LONG ? "1500m" : "700m"), "-Xmn300m", "-Dashlar.long=" + LONG),
        lane,
        LANES,
        share,
        LENGTH,
        SEED,
        SHOWN,
        directory());
  }
}
