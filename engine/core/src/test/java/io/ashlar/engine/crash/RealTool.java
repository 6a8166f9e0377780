package io.ashlar.engine.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Shows images to the real {@code qemu-img check}. */
final class RealTool {
  /** No errors. */
  private static final int SOUND = 0;

  /** Clusters that nobody uses, which a crash may leave. */
  private static final int LEAKS = 3;

  private final Path file;

  /** So many images were shown as crashes left them. */
  private int crashed;

  private int closed;

  private RealTool(Path file) {
    this.file = file;
  }

  /**
   * The tool that is installed; empty when none is.
   *
   * @param directory for files
   */
  static Optional<RealTool> find(Path directory) {
    try {
      Process process = new ProcessBuilder("qemu-img", "--version").start();
      process.getInputStream().readAllBytes();
      if (process.waitFor() == 0) {
        return Optional.of(new RealTool(directory.resolve("shown.qcow2")));
      }
    } catch (IOException e) {
      // not there
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  int crashed() {
    return crashed;
  }

  int closed() {
    return closed;
  }

  /** An image as a crash left it: sound but for leaks. */
  void crashed(Pages image, List<String> complaints) {
    crashed++;
    Answer answer = check(image);
    if (answer.status != SOUND && answer.status != LEAKS) {
      complaints.add("A: qemu-img check ends with " + answer);
    }
  }

  /** An image that was closed, after what a crash had leaked was given back. */
  void closed(Pages image, List<String> complaints) {
    closed++;
    Answer answer = check(image);
    if (answer.status != SOUND) {
      complaints.add("G: after a close qemu-img check ends with " + answer);
    }
  }

  private record Answer(int status, String said) {
    @Override
    public String toString() {
      return status + ": " + said;
    }
  }

  private Answer check(Pages image) {
    try {
      Files.write(file, image.all());
      Process process =
          new ProcessBuilder("qemu-img", "check", "-f", "qcow2", file.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Answer(process.waitFor(), said.strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
