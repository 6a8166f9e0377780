package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directory over real qcow2 images, with QEMU's tools as judges. */
class StoredBitmapsQemuTest {
  private static final long G = 65_536;

  @TempDir Path dir;
  private Path image;
  private Ashlar engine;

  @BeforeEach
  void create() throws Exception {
    image = dir.resolve("disk.qcow2");
    qemuImg("create", "-q", "-f", "qcow2", image.toString(), "16M");
    qemuImg("bitmap", "--add", image.toString(), "theirs");
    qemuImg("bitmap", "--add", "--disable", image.toString(), "quiet");
    engine = Ashlar.start();
  }

  @AfterEach
  void stop() {
    if (engine != null) {
      engine.close();
    }
  }

  private static String qemuImg(String... arguments) throws InterruptedException {
    String[] command = new String[arguments.length + 1];
    command[0] = "qemu-img";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
      return output;
    } catch (IOException e) {
      return Assumptions.abort("qemu-img is not installed: " + e.getMessage());
    }
  }

  private void open(boolean readOnly) {
    engine
        .graph()
        .add(
            NodeDefinition.of("qcow2", "disk0")
                .with("read-only", readOnly)
                .with(
                    "file",
                    NodeDefinition.of(Map.of("driver", "file", "filename", image.toString()))))
        .await();
  }

  private void write(long offset) {
    try (BlockDevice device =
        engine.graph().attach("disk0", DeviceSettings.writer("guest")).await()) {
      device.write(offset, ByteBuffer.allocate(512));
    }
  }

  private BitmapInfo info(String name) {
    return engine.bitmaps().list("disk0").await().stream()
        .filter(i -> i.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void qemuSeesInUseWhileItIsOpenAndAllBitsAfterwards() throws Exception {
    open(false);
    engine.bitmaps().add("disk0", "ours", Bitmaps.Settings.PERSISTENT).await();
    write(3 * G);
    String during = qemuImg("info", "-U", image.toString());
    assertThat(during.split("in-use", -1)).as(during).hasSize(4);
    String sha = engine.bitmaps().sha256("disk0", "ours").await();
    engine.graph().remove("disk0").await();

    String after = qemuImg("info", image.toString());
    assertThat(after).doesNotContain("in-use").contains("ours").contains("theirs");
    qemuImg("check", "-q", image.toString());
    open(true);
    assertThat(engine.bitmaps().sha256("disk0", "ours").await()).isEqualTo(sha);
    assertThat(info("theirs").dirtyBytes()).isEqualTo(G);
    assertThat(info("quiet").dirtyBytes()).isZero();
    assertThat(info("quiet").recording()).isFalse();
  }

  @Test
  void aRemovedOneIsGoneFromTheImageAtOnce() throws Exception {
    open(false);
    write(G);
    engine.bitmaps().remove("disk0", "theirs").await();
    assertThat(qemuImg("info", "-U", image.toString())).doesNotContain("theirs").contains("quiet");
    engine.graph().remove("disk0").await();
    qemuImg("check", "-q", image.toString());
    assertThat(qemuImg("info", image.toString())).doesNotContain("theirs");
  }
}
