package io.ashlar.driver.qcow2;

import io.ashlar.spi.contract.MemoryNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** QEMU's own tools as the oracle, and images carried between memory and files. */
final class QemuTools {
  /** What a tool printed and how it ended. */
  record Outcome(int exit, String output, String errors) {}

  private static final int PIECE = 1 << 16;

  private QemuTools() {}

  /** Runs a tool and expects success; a machine without it skips the test. */
  static String run(Object... command) {
    Outcome outcome = outcome(command);
    if (outcome.exit() != 0) {
      throw new AssertionError(
          List.of(command) + " ended with " + outcome.exit() + ": " + outcome.errors());
    }
    return outcome.output();
  }

  /** Runs a tool to whatever end. */
  static Outcome outcome(Object... command) {
    List<String> words = java.util.Arrays.stream(command).map(Object::toString).toList();
    Path out = null;
    Path err = null;
    try {
      out = Files.createTempFile("tool", ".out");
      err = Files.createTempFile("tool", ".err");
      Process process;
      try {
        process =
            new ProcessBuilder(words)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
      } catch (IOException e) {
        return Assumptions.abort(words.get(0) + " is not installed");
      }
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(words + " did not end within 60 s");
      }
      return new Outcome(
          process.exitValue(),
          new String(Files.readAllBytes(out), StandardCharsets.UTF_8),
          new String(Files.readAllBytes(err), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    } finally {
      deleteQuietly(out);
      deleteQuietly(err);
    }
  }

  private static void deleteQuietly(Path path) {
    try {
      if (path != null) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes an image with qemu-img. */
  static Path create(Path file, String options, Object size) {
    run("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-o", options, file, size);
    return file;
  }

  /** Runs qemu-io commands on an image, cached and read-write. */
  static String io(Path file, String... commands) {
    Object[] words = new Object[4 + 2 * commands.length];
    words[0] = "qemu-io";
    words[1] = "-f";
    words[2] = "qcow2";
    for (int i = 0; i < commands.length; i++) {
      words[3 + 2 * i] = "-c";
      words[4 + 2 * i] = commands[i];
    }
    words[words.length - 1] = file;
    return run(words);
  }

  /** A file's content in memory. */
  static MemoryNode load(Path file) {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      MemoryNode node = MemoryNode.growing();
      long length = in.length();
      node.truncate(length, io.ashlar.spi.Preallocation.OFF);
      byte[] piece = new byte[PIECE];
      for (long at = 0; at < length; at += PIECE) {
        int n = (int) Math.min(PIECE, length - at);
        in.seek(at);
        in.readFully(piece, 0, n);
        if (!zero(piece, n)) {
          node.put(at, java.util.Arrays.copyOf(piece, n));
        }
      }
      node.flush();
      node.log().reset();
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Memory as a file. */
  static Path save(MemoryNode node, Path file) {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(0);
      out.setLength(node.length());
      for (long at = 0; at < node.length(); at += PIECE) {
        byte[] piece = node.get(at, (int) Math.min(PIECE, node.length() - at));
        if (!zero(piece, piece.length)) {
          out.seek(at);
          out.write(piece);
        }
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Expects {@code qemu-img check} to find nothing. */
  static void assertClean(MemoryNode node, Path scratch) {
    assertClean(save(node, scratch));
  }

  /** Expects {@code qemu-img check} to find nothing. */
  static void assertClean(Path image) {
    Outcome outcome = outcome("qemu-img", "check", "-f", "qcow2", image);
    if (outcome.exit() != 0) {
      throw new AssertionError(
          "qemu-img check ended with "
              + outcome.exit()
              + ": "
              + outcome.output()
              + outcome.errors());
    }
  }

  private static boolean zero(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
