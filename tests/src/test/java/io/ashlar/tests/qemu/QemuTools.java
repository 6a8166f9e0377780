package io.ashlar.tests.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Single runs of QEMU's tools. A machine without them skips the test, naming the tool. */
public final class QemuTools {
  /** What a tool printed and how it ended. */
  public record Outcome(int exit, String output, String errors) {
    /** Both streams, for messages. */
    public String text() {
      return (output + errors).strip();
    }
  }

  private static final int MOST_SECONDS = 120;

  private QemuTools() {}

  /** Runs a tool and expects success. */
  public static String run(Object... command) {
    Outcome outcome = outcome(command);
    if (outcome.exit() != 0) {
      throw new AssertionError(
          Arrays.asList(command) + " ended with " + outcome.exit() + ": " + outcome.text());
    }
    return outcome.output();
  }

  /** Runs a tool to whatever end. */
  public static Outcome outcome(Object... command) {
    List<String> words = Arrays.stream(command).map(Object::toString).toList();
    try {
      Path errors = Files.createTempFile("tool", ".err");
      try {
        return outcome(words, errors);
      } finally {
        Files.deleteIfExists(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private static Outcome outcome(List<String> words, Path errors)
      throws IOException, InterruptedException {
    Process process = start(new ProcessBuilder(words).redirectError(errors.toFile()));
    process.getOutputStream().close();
    byte[] output = process.getInputStream().readAllBytes();
    if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(words + " did not end within " + MOST_SECONDS + " s");
    }
    return new Outcome(
        process.exitValue(), new String(output, StandardCharsets.UTF_8), Files.readString(errors));
  }

  /** Starts a tool; a machine without it skips the test. */
  static Process start(ProcessBuilder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      return Assumptions.abort(builder.command().get(0) + " is not installed");
    }
  }

  /**
   * Runs qemu-io commands on a qcow2 image, cached and read-write, and expects success.
   *
   * @return what it printed
   */
  public static String io(Path image, String... commands) {
    Object[] words = new Object[6 + 2 * commands.length];
    System.arraycopy(new Object[] {"qemu-io", "-f", "qcow2", "-d", "unmap"}, 0, words, 0, 5);
    for (int i = 0; i < commands.length; i++) {
      words[5 + 2 * i] = "-c";
      words[6 + 2 * i] = commands[i];
    }
    words[words.length - 1] = image;
    return run(words);
  }
}
