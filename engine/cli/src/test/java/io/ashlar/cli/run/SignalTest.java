package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.cli.Main;
import io.ashlar.cli.Qemu;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.NodeDefinition;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals end a run in order: the bitmaps are in the image afterwards. */
final class SignalTest {
  private static final long PATIENCE_SECONDS = 120;

  /** A guest whose writes take an hour. */
  private static final String LONG =
      """
      parameters { out { type = output-directory } }
      output { directory = ${out}, files = [ disk.qcow2 ] }
      create = [
        { driver = file, filename = ${out}/disk.qcow2, size = 0 }
        { driver = qcow2, size = 64M, file { driver = file, filename = ${out}/disk.qcow2 } }
      ]
      graph = [
        { driver = qcow2, node-name = disk, file { driver = file, filename = ${out}/disk.qcow2 } }
        { driver = throttle, node-name = slow, throttle-group = g, limits.iops-total = 1, file = disk }
      ]
      run = [
        { block-dirty-bitmap-add { node = disk, name = b0, persistent = true } }
        { write { node = disk, length = 64k, count = 3, pattern = 1 } }
        { name = guest, wait = WAIT, write { node = slow, offset = 1M, length = 64k, count = 3600, pattern = 2 } }
        { wait-job = guest }
      ]
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"INT, 130, false", "TERM, 143, true"})
  void bitmapsAreStoredAndNodesClosed(String signal, int code, boolean waits) throws Exception {
    Process process = start(LONG.replace("WAIT", Boolean.toString(waits)));
    String last = reach(process, "3 x 64 KiB written");
    assertThat(last).isNotNull();
    if (!waits) {
      assertThat(reach(process, "\"outcome\": \"started\"")).isNotNull();
    }
    assertThat(Qemu.bitmapFlags(disk(), "b0")).contains("in-use");
    kill(signal, process);
    String rest = reach(process, "\"event\": \"end\"");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(rest).isEqualTo(code);
    assertThat(rest).contains("ended by SIG" + signal);
    Qemu.check(disk());
    assertThat(Qemu.bitmapFlags(disk(), "b0")).containsExactly("auto");
  }

  /** A backup that takes minutes, and somebody who waits for it. */
  private static final String BACKUP =
      """
      parameters { out { type = output-directory } }
      output { directory = ${out}, files = [ disk.qcow2, copy.qcow2 ] }
      create = [
        { driver = file, filename = ${out}/disk.qcow2, size = 0 }
        { driver = qcow2, size = 64M, file { driver = file, filename = ${out}/disk.qcow2 } }
        { driver = file, filename = ${out}/copy.qcow2, size = 0 }
        { driver = qcow2, size = 64M, file { driver = file, filename = ${out}/copy.qcow2 } }
      ]
      graph = [
        { driver = qcow2, node-name = disk, file { driver = file, filename = ${out}/disk.qcow2 } }
        { driver = qcow2, node-name = copy, file { driver = file, filename = ${out}/copy.qcow2 } }
      ]
      run = [
        { block-dirty-bitmap-add { node = disk, name = b0, granularity = 64k, persistent = true } }
        { write { node = disk, length = 64k, count = 200, pattern = 1 } }
        { name = backup, blockdev-backup {
            job-id = j, device = disk, target = copy, sync = incremental, bitmap = b0, speed = 128k } }
      ]
      """;

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void aBackupThatIsWaitedForIsCancelledAndItsBitmapIsWhole(String signal, int code)
      throws Exception {
    Process process = start(BACKUP);
    assertThat(reach(process, "\"event\": \"progress\"")).isNotNull();
    kill(signal, process);
    String rest = reach(process, "\"event\": \"end\"");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(rest).isEqualTo(code);
    assertThat(rest).contains("ended by SIG" + signal);
    Qemu.check(disk());
    Qemu.check(directory.resolve("out/copy.qcow2"));
    assertThat(Qemu.bitmapFlags(disk(), "b0")).containsExactly("auto");
    try (Ashlar engine = Ashlar.start()) {
      NodeDefinition disk =
          NodeDefinition.of("qcow2", "disk")
              .with("read-only", true)
              .with(
                  "file",
                  NodeDefinition.of(Map.of("driver", "file", "filename", disk().toString())));
      assertThat(engine.graph().add(disk).await().bitmaps().get(0).dirtyBytes())
          .isEqualTo(200 * 65536L);
    }
  }

  /** A guest's write that does not come back for ten minutes. */
  private static final String STUCK =
      LONG.replaceAll(
          "\\{ driver = throttle.*",
          "{ driver = null-co, node-name = slow, size = 64M, latency-ns = 600000000000 }");

  @Test
  void aSecondSignalEndsTheProcessAtOnce() throws Exception {
    Process process = start(STUCK.replace("WAIT", "false"));
    assertThat(reach(process, "\"outcome\": \"started\"")).isNotNull();
    // The first one waits for the write that is in its driver; the next one that arrives does not.
    int signals = 0;
    try {
      do {
        kill("INT", process);
        signals++;
      } while (!process.waitFor(500, TimeUnit.MILLISECONDS) && signals < 20);
      assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      // Process.destroyForcibly would close the output that is read below.
      process.toHandle().destroyForcibly();
    }
    assertThat(signals).isGreaterThan(1);
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(reach(process, "\"event\": \"end\"")).isNull();
    assertThat(Qemu.bitmapFlags(disk(), "b0")).contains("in-use");
  }

  private Process start(String text) throws IOException {
    Path file = directory.resolve("graph.conf");
    Files.writeString(file, text);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                file.toString(),
                "--json",
                "--set",
                "out=" + directory.resolve("out"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    // One that does not hear its signal ends all the same, and with it its output.
    CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .execute(process.toHandle()::destroyForcibly);
    return process;
  }

  private Path disk() {
    return directory.resolve("out/disk.qcow2");
  }

  /** Reads lines up to one with a text; {@code null} when the output ends before. */
  @SuppressWarnings("resource") // the process keeps its stream
  private static String reach(Process process, String text) throws IOException {
    BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
    String line;
    do {
      line = reader.readLine();
    } while (line != null && !line.contains(text));
    return line;
  }

  private static void kill(String signal, Process process) {
    Qemu.run("kill", "-" + signal, Long.toString(process.pid()));
  }
}
