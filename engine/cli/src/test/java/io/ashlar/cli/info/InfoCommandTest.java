package io.ashlar.cli.info;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ashlar.cli.CommandLineRun;
import io.ashlar.cli.Qemu;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.NodeDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InfoCommandTest {
  @TempDir Path directory;
  private Path image;

  @BeforeEach
  void anImageWithABitmap() {
    image = directory.resolve("disk.qcow2");
    Qemu.run("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "16M");
    Qemu.run("qemu-img", "bitmap", "--add", image.toString(), "b0");
    Qemu.run("qemu-io", "-c", "write 1M 128k", image.toString());
  }

  @Test
  void tellsWhatTheBitmapsHave() throws IOException {
    byte[] before = Files.readAllBytes(image);
    CommandLineRun run = CommandLineRun.of("info", image);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out())
        .contains("file format: qcow2", "virtual size: 16 MiB (16777216 bytes)")
        .contains("    b0: 131072 bytes dirty (128 KiB, 2 x 64 KiB), recording, sealed\n");
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(directory).isDirectoryNotContaining("glob:**journal*");

    JsonNode json = CommandLineRun.of("info", "--json", image).json().get(0);
    assertThat(json.get("virtual-size").asLong()).isEqualTo(16 << 20);
    assertThat(json.get("bitmaps").toString())
        .isEqualTo(
            "[{\"name\":\"b0\",\"count\":131072,\"granularity\":65536,\"recording\":true,"
                + "\"busy\":false,\"persistent\":true,\"inconsistent\":false,\"in-use\":false,"
                + "\"recovered\":false}]");
  }

  @Test
  void tellsWhyABitmapCannotBeUsed() throws Exception {
    new ProcessBuilder("qemu-io", "-c", "write 0 64k", "-c", "abort", image.toString())
        .start()
        .waitFor();
    CommandLineRun run = CommandLineRun.of("info", image);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("    b0: inconsistent, it was in use when");
  }

  @Test
  void saysWhenSomebodyElseHasThem() throws IOException {
    try (Ashlar engine = Ashlar.start()) {
      NodeDefinition file = NodeDefinition.of("file", "f").with("filename", image.toString());
      engine.graph().add(NodeDefinition.of("qcow2", "disk").with("file", file)).await();
      CommandLineRun run = CommandLineRun.of("info", image);
      assertThat(run.code()).as(run.all()).isZero();
      assertThat(run.out()).contains("another process writes to the image", "    b0: in use\n");
      JsonNode json = CommandLineRun.of("info", "--json", image).json().get(0);
      assertThat(json.get("in-use-by-another").asBoolean()).isTrue();
      assertThat(json.at("/bitmaps/0/in-use").asBoolean()).isTrue();
    }
  }

  @Test
  void opensNothingThatTheImageNames() {
    Path overlay = directory.resolve("overlay.qcow2");
    Qemu.run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        "disk.qcow2",
        "-F",
        "qcow2",
        overlay.toString());
    Qemu.run("qemu-img", "bitmap", "--add", overlay.toString(), "mine");
    assertThat(image.toFile().delete()).isTrue();
    CommandLineRun run = CommandLineRun.of("info", overlay);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("    mine: 0 bytes dirty", "risk: it names the backing file");
  }

  @Test
  void refusesWhatIsNoImage() throws IOException {
    Path text = Files.writeString(directory.resolve("text"), "nothing");
    CommandLineRun run = CommandLineRun.of("info", "-f", "qcow2", text);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("WRONG_FORMAT");
    assertThat(CommandLineRun.of("info", directory.resolve("none")).err())
        .contains("FILE_NOT_FOUND");
  }
}
