package io.ashlar.engine.journal.akka;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.journal.file.JournalReader;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.fileio.LinuxFileIo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that die right after an acknowledgement, by halting or by SIGKILL, one after the other
 * over the same journal: each finds every event that any of those before it acknowledged.
 *
 * <p>{@code -Dashlar.kills=N} sets how many die; {@code ./verify --ci} and {@code --long} take 100.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class JournalKillTest {
  private static final int KILLS =
      Integer.getInteger("ashlar.kills", Boolean.getBoolean("ashlar.long") ? 100 : 12);
  private static final long SEED = Long.getLong("ashlar.seed", System.nanoTime());

  @TempDir Path directory;

  /** One journal and the processes that die over it, one at a time. */
  private final class Line {
    private final VictimJvm jvm;
    private final Path journal;
    private final Path errors;
    private final SplittableRandom random;
    private int event;
    private int raw;

    Line(VictimJvm jvm, int number) {
      this.jvm = jvm;
      this.journal = directory.resolve("disk" + number + ".qcow2.ashlar-journal");
      this.errors = directory.resolve("errors" + number);
      this.random = new SplittableRandom(SEED + number);
    }

    void live(boolean halts) throws IOException, InterruptedException {
      int most = 1 + random.nextInt(4);
      String last = (random.nextBoolean() ? "event " : "raw ");
      Process process = jvm.start(journal, halts ? most : 0, errors);
      int seen = 0;
      boolean recovered = false;
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          recovered |= line.startsWith("recovered ");
          hear(line);
          if (!halts && line.startsWith(last) && ++seen == most) {
            process.toHandle().destroyForcibly(); // and what it said stays readable
          }
        }
      } finally {
        process.destroyForcibly();
      }
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(recovered).as("it lived: %s", Files.readString(errors)).isTrue();
    }

    private void hear(String line) {
      String[] words = line.split(" ");
      int number = Integer.parseInt(words[1]);
      switch (words[0]) {
        case "recovered" -> {
          assertThat(number).as("events recovered").isGreaterThanOrEqualTo(event);
          event = number;
        }
        case "event" -> {
          assertThat(number).as("event acknowledged").isEqualTo(event + 1);
          event = number;
        }
        case "raw" -> {
          assertThat(number).as("record acknowledged").isGreaterThan(raw);
          raw = number;
        }
        default -> throw new AssertionError(line);
      }
    }

    void check() {
      List<Integer> events = new ArrayList<>();
      List<Integer> raws = new ArrayList<>();
      JournalReader.read(
          new LinuxFileIo(),
          journal,
          found -> {
            if (found.type() == RecordTypes.EVENT) {
              byte[] number = StoredEvent.decode(found).event().bytes();
              events.add(Integer.parseInt(new String(number, StandardCharsets.UTF_8)));
            } else if (found.type() == Victim.RAW) {
              raws.add(found.payload().getInt());
            }
          });
      assertThat(events)
          .hasSizeGreaterThanOrEqualTo(event)
          .isEqualTo(IntStream.rangeClosed(1, events.size()).boxed().toList());
      assertThat(raws)
          .hasSizeGreaterThanOrEqualTo(raw)
          .isEqualTo(IntStream.rangeClosed(1, raws.size()).boxed().toList());
    }
  }

  @Test
  void everyAcknowledgedEventOutlivesTheProcess() throws Exception {
    System.out.println("journal kills: " + KILLS + " with -Dashlar.seed=" + SEED);
    VictimJvm jvm = new VictimJvm(directory);
    Line[] lines = {new Line(jvm, 0), new Line(jvm, 1)};
    lines[0].live(true); // leaves the classes for the others
    ExecutorService executor = Executors.newFixedThreadPool(lines.length);
    try {
      List<CompletableFuture<Void>> ends = new ArrayList<>();
      for (Line line : lines) {
        ends.add(CompletableFuture.runAsync(() -> liveOften(line), executor));
      }
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).get();
    } finally {
      executor.shutdownNow();
    }
    assertThat(lines[0].event + lines[1].event).isGreaterThanOrEqualTo(KILLS / 2);
  }

  private static void liveOften(Line line) {
    try {
      for (int i = 0; i < (KILLS + 1) / 2; i++) {
        line.live(i % 2 == 0);
      }
      line.check();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
