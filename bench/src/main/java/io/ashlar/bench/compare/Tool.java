package io.ashlar.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs QEMU's tools. */
final class Tool {
  private Tool() {}

  /**
   * How a run ended.
   *
   * @param code the exit code
   * @param output stdout and stderr
   */
  record Ended(int code, String output) {}

  /** Runs a command to its end. */
  static Ended run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Ended(process.waitFor(), output);
    } catch (IOException e) {
      throw new CompareException(
          "cannot run " + command.get(0) + ": " + e.getMessage() + "; install qemu-utils", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompareException("interrupted while " + command.get(0) + " ran", e);
    }
  }

  /** Runs a command that has to succeed; returns what it printed. */
  static String check(String... command) {
    Ended ended = run(List.of(command));
    if (ended.code() != 0) {
      throw new CompareException(
          String.join(" ", command) + " ended with " + ended.code() + ": " + ended.output());
    }
    return ended.output();
  }
}
