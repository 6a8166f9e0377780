package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.tests.qemu.QemuTools;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was answered before a kill is in the journal after it. */
final class JournalKillTest {
  private static final int BITMAPS = 4;

  @TempDir private Path directory;

  @Test
  void whatWasAnsweredBeforeTheKillIsToldAfterIt() throws Exception {
    Path image = Images.plain(directory.resolve("disk.qcow2"));
    List<String> answered = untilKilled(image);

    List<String> told = show(image);
    assertThat(told).containsSubsequence(answered.toArray(String[]::new));

    assertThat(QemuTools.run("qemu-img", "info", image)).contains("in-use");
    try (Ashlar engine = Ashlar.start()) {
      engine.graph().add(Images.qcow2("disk", image)).await();
      List<BitmapInfo> bitmaps = engine.bitmaps().list("disk").await();
      assertThat(bitmaps)
          .hasSizeGreaterThanOrEqualTo(BITMAPS)
          .allMatch(bitmap -> bitmap.recovery() != null && !bitmap.inconsistent());
      engine.bitmaps().remove("disk", "n0").await();
    }
    assertThat(show(image).subList(told.size(), told.size() + 1))
        .allMatch(
            line -> line.startsWith("found at opening: "), "the reopen found what the kill left");
    assertThat(show(image)).contains("removed 'n0'").containsAll(answered);
  }

  /** Runs until so many bitmaps were added and cleared; gives what was answered by then. */
  private static List<String> untilKilled(Path image) throws Exception {
    Process process = java(BitmapsUntilKilled.class.getName(), image.toString()).start();
    List<String> answered = new ArrayList<>();
    try (BufferedReader lines = process.inputReader()) {
      while (answered.size() < 2 * BITMAPS) {
        String line = lines.readLine();
        assertThat(line).as("it runs until it is killed; it said " + answered).isNotNull();
        answered.add(line);
      }
      QemuTools.run("kill", "-KILL", process.pid());
      lines.lines().forEach(answered::add);
    }
    assertThat(process.waitFor()).as("SIGKILL").isEqualTo(137);
    return answered;
  }

  /** {@code ashlar journal show}, without the times and who it was. */
  private static List<String> show(Path image) throws Exception {
    Process process =
        java("io.ashlar.cli.Main", "journal", "show", image.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = process.inputReader()) {
      out.lines().forEach(line -> lines.add(line.split(" {2}")[1]));
    }
    assertThat(process.waitFor()).isZero();
    return lines;
  }

  private static ProcessBuilder java(String main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path logging = Path.of(System.getProperty("ashlar.root"), "conf", "logback.xml");
    command.add("-Dlogback.configurationFile=" + logging);
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), main));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }
}
