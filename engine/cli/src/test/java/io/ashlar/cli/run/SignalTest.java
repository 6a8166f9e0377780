package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.cli.Main;
import io.ashlar.cli.Qemu;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals end a run in order: the bitmaps are in the image afterwards. */
final class SignalTest {
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

  private Process start(String text) throws IOException {
    Path file = directory.resolve("graph.conf");
    Files.writeString(file, text);
    return new ProcessBuilder(
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
