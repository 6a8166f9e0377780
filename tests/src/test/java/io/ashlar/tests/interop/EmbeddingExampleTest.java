package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.examples.embedding.IncrementalBackup;
import io.ashlar.tests.qemu.QemuTools;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java program of the examples, judged by QEMU's tools. */
final class EmbeddingExampleTest {
  @TempDir Path directory;

  @Test
  void leavesABackupThatQemuAgreesWith() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    IncrementalBackup.run(directory, new PrintStream(printed, true, StandardCharsets.UTF_8));
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("dirty: 262144 bytes", "inc1: 262144 bytes copied", "verified");
    for (String image : new String[] {"disk.qcow2", "full.qcow2", "inc1.qcow2"}) {
      QemuTools.run("qemu-img", "check", "-f", "qcow2", directory.resolve(image));
    }
    assertThat(
            QemuTools.run(
                "qemu-img",
                "compare",
                directory.resolve("disk.qcow2"),
                directory.resolve("inc1.qcow2")))
        .contains("identical");
    assertThat(QemuTools.run("qemu-img", "info", "--output=json", directory.resolve("disk.qcow2")))
        .contains("\"backup\"", "\"auto\"")
        .doesNotContain("in-use");
  }
}
