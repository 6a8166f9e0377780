package io.ashlar.cli.run;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Options;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Lets QEMU's own qemu-io do something to an image, as another program would. */
final class QemuIoStep {
  private QemuIoStep() {}

  /**
   * Runs the commands one after the other.
   *
   * @return what was done, for people
   * @throws BlockException NOT_SUPPORTED without qemu-io; EXPECTATION_FAILED with what it said when
   *     it failed
   */
  static String run(Options values, List<?> commands) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("qemu-io", "-f", values.string("format")));
    for (Object command : commands) {
      words.addAll(List.of("-c", (String) command));
    }
    words.add(values.string("filename"));
    Process process = start(words);
    try {
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw new BlockException(
            ErrorCode.EXPECTATION_FAILED, "qemu-io ended with " + code + ": " + said.strip());
      }
      return String.join(", ", commands.stream().map(String.class::cast).toList());
    } catch (IOException e) {
      throw new BlockException(ErrorCode.IO_ERROR, "qemu-io cannot be heard: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BlockException(ErrorCode.CANCELLED, "interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(List<String> words) {
    try {
      return new ProcessBuilder(words).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "this step needs QEMU's qemu-io, which cannot be started; install the package qemu-utils",
          e);
    }
  }
}
