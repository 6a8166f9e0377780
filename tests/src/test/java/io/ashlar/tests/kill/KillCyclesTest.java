package io.ashlar.tests.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.tests.qemu.QemuTools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills processes under load at random moments, lets QEMU's tools have the image in between or
 * kills the next one in its recovery, and opens again: every recovered bitmap has all that was
 * written, every one that somebody meddled with is refused.
 *
 * <p>{@code -Dashlar.kill-cycles=N} sets how many, {@code ./verify --long} takes 200; {@code
 * -Dashlar.seed=N} repeats the moments and what happens in between as far as a clock can.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class KillCyclesTest {
  private static final int CYCLES =
      Integer.getInteger("ashlar.kill-cycles", Boolean.getBoolean("ashlar.long") ? 200 : 30);
  private static final long SEED = Long.getLong("ashlar.seed", System.nanoTime());

  /** Opening takes about as long, so that many a kill falls into a recovery. */
  private static final int MILLIS_OF_OPENING = 120;

  private static final int MOST_TICKS = 40;

  @TempDir Path directory;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private Path image;
  private Path copy;
  private Path errors;
  private int twice;

  @Test
  void everyBitmapIsRecoveredWholeOrRefused() throws Exception {
    System.out.println("kill cycles: " + CYCLES + " with -Dashlar.seed=" + SEED);
    image = directory.resolve("disk.qcow2");
    copy = directory.resolve("copy.raw");
    errors = directory.resolve("errors");
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", image, Places.DISK);
    ChildJvm jvm = new ChildJvm(directory);
    Process rehearsal = start(jvm);
    rehearsal.getOutputStream().close();
    assertThat(rehearsal.waitFor()).as(Files.readString(errors)).isZero();
    try (Ashlar engine = Ashlar.start()) {
      Map<String, Path> baselines =
          Map.of(Disk.BACKED_UP, copy, Disk.NEVER_CLEARED, directory.resolve("base.raw"));
      Verifier verifier = new Verifier(engine, image, baselines);
      verifier.begin();
      cycles(jvm, verifier);
      System.out.println("kill cycles: " + verifier + ", " + twice + " killed again at once");
      assertThat(verifier.recovered()).isGreaterThan(CYCLES / 4);
      assertThat(verifier.refused()).isGreaterThan(CYCLES / 10);
    }
  }

  private void cycles(ChildJvm jvm, Verifier verifier) throws Exception {
    Process next = start(jvm);
    try {
      for (int cycle = 0; cycle < CYCLES; cycle++) {
        Process victim = next;
        next = start(jvm); // it starts while the other one is judged
        liveAndDie(victim);
        if (random.nextInt(4) == 0) {
          twice++;
          continue;
        }
        boolean armed = QemuTools.run("qemu-img", "info", "-f", "qcow2", image).contains("in-use");
        Between between = between();
        between.happen(image, Places.any(random));
        try {
          verifier.judge(armed, between, random);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError(
              "cycle " + cycle + ", " + between + ", armed " + armed + ", seed " + SEED, e);
        }
      }
    } finally {
      next.destroyForcibly().waitFor();
    }
  }

  private Between between() {
    Between[] all = Between.values();
    return random.nextInt(3) == 0 ? all[random.nextInt(all.length)] : Between.NOTHING;
  }

  private Process start(ChildJvm jvm) throws IOException {
    return jvm.start(errors, GuestUntilKilled.class, image, copy, random.nextLong());
  }

  /** Lets a process work for a while and kills it. */
  private void liveAndDie(Process process) throws IOException, InterruptedException {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      reach(lines, GuestUntilKilled.READY, 1);
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      reach(lines, GuestUntilKilled.OPENING, 1);
      switch (random.nextInt(4)) {
        case 0 -> process.waitFor(random.nextInt(MILLIS_OF_OPENING), TimeUnit.MILLISECONDS);
        case 1 -> {
          reach(lines, GuestUntilKilled.BACKING_UP, 1 + random.nextInt(2));
          process.waitFor(random.nextInt(10), TimeUnit.MILLISECONDS);
        }
        default -> reach(lines, GuestUntilKilled.TICK, 1 + random.nextInt(MOST_TICKS));
      }
      process.toHandle().destroyForcibly(); // SIGKILL, and what it said stays readable
      lines.lines().forEach(line -> assertThat(line).doesNotStartWith(GuestUntilKilled.FAILED));
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).as("SIGKILL").isEqualTo(137);
  }

  private void reach(BufferedReader lines, String wanted, int times) throws IOException {
    int seen = 0;
    while (seen < times) {
      String line = lines.readLine();
      if (line == null || line.startsWith(GuestUntilKilled.FAILED)) {
        throw new AssertionError(
            "waiting for '" + wanted + "': " + line + "\n" + Files.readString(errors));
      }
      if (line.equals(wanted)) {
        seen++;
      }
    }
  }
}
