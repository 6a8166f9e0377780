package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMU and this driver on one file. */
final class FileQemuTest {
  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void makeImage() throws Exception {
    path = directory.resolve("disk.qcow2");
    Commands.Result made =
        Commands.run("qemu-img", "create", "-q", "-f", "qcow2", path.toString(), "1M");
    assertThat(made.status()).as(made.output()).isZero();
  }

  @Test
  void qemuIsRefusedWhileWeWrite() throws Exception {
    try (BlockNode node = Held.open(Held.host(false), path)) {
      assertThat(qemuIo("write 0 512").output()).contains("Failed to get \"write\" lock");
      assertThat(qemuIo("read 0 512", "-r").output())
          .contains("Failed to get shared \"write\" lock");
      assertThat(qemuIo("read 0 512", "-r", "-U").output()).contains("read 512/512 bytes");
      assertThat(node.length()).isPositive();
    }
    assertThat(qemuIo("write 0 512").output()).contains("wrote 512/512 bytes");
  }

  @Test
  void qemuReadsBesideUsAndDoesNotWrite() throws Exception {
    try (BlockNode node = Held.open(Held.host(true), path)) {
      assertThat(qemuIo("read 0 512", "-r").output()).contains("read 512/512 bytes");
      assertThat(qemuIo("write 0 512").output()).contains("Failed to get \"write\" lock");
      assertThat(node.length()).isPositive();
    }
  }

  @Test
  void weAreRefusedWhileQemuWrites() throws Exception {
    Process qemu = Commands.start("qemu-io", "-f", "qcow2", path.toString());
    try (OutputStream input = qemu.getOutputStream();
        BufferedReader output = qemu.inputReader(StandardCharsets.UTF_8)) {
      waitUntilOpen(input, output);
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      assertThat(refusal(false)).contains("Failed to get \"write\" lock", path.toString());
      assertThat(refusal(true))
          .contains("shared \"write\" lock", "uses consistent read, write, resize");
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
    } finally {
      // Its input has ended, and so does it.
      assertThat(qemu.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    Held.open(Held.host(false), path).close();
  }

  private static void waitUntilOpen(OutputStream input, BufferedReader output) throws IOException {
    input.write("write 0 512\n".getBytes(StandardCharsets.UTF_8));
    input.flush();
    StringBuilder seen = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      seen.append(line).append('\n');
      if (line.contains("ops/sec")) {
        return;
      }
    }
    throw new AssertionError("qemu-io ended early: " + seen);
  }

  private String refusal(boolean readOnly) {
    return Held.refused(ErrorCode.FILE_LOCKED, () -> Held.open(Held.host(readOnly), path).close())
        .getMessage();
  }

  private Commands.Result qemuIo(String command, String... options) throws Exception {
    String[] all = new String[options.length + 6];
    all[0] = "qemu-io";
    System.arraycopy(options, 0, all, 1, options.length);
    String[] rest = {"-f", "qcow2", "-c", command, path.toString()};
    System.arraycopy(rest, 0, all, options.length + 1, rest.length);
    return Commands.run(all);
  }

  @Test
  void locksOutliveTheFilesName() throws Exception {
    try (BlockNode node = Held.open(Held.host(false), path)) {
      Path moved = Files.move(path, directory.resolve("moved.qcow2"));
      path = moved;
      assertThat(qemuIo("write 0 512").output()).contains("Failed to get \"write\" lock");
      assertThat(node.length()).isPositive();
    }
  }
}
