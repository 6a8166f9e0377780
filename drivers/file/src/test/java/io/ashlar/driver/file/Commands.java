package io.ashlar.driver.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Programs of the system that tests run. */
final class Commands {
  /**
   * What a program did.
   *
   * @param status exit status
   * @param output both streams
   */
  record Result(int status, String output) {}

  private Commands() {}

  /** Runs a program; without it the test is skipped. */
  static Result run(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** Starts a program, its errors among its output; without it the test is skipped. */
  static Process start(String... command) {
    try {
      return new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    } catch (IOException e) {
      return Assumptions.abort("needs " + command[0] + ": " + e.getMessage());
    }
  }

  /** Runs a program that only root may run; the test is skipped where it fails. */
  static String privileged(String... command) throws IOException, InterruptedException {
    Result result = run(command);
    if (result.status() != 0) {
      Assumptions.abort("needs the right to " + command[0] + ": " + result.output().strip());
    }
    return result.output().strip();
  }
}
