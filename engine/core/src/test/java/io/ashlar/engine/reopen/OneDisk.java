package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.facade.EngineBuilder;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.fileio.LinuxFileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** A qcow2 with two bitmaps over a file whose requests are counted, and QEMU as the reader. */
final class OneDisk implements AutoCloseable {
  static final long MIB = 1 << 20;

  final CountedFileIo files = new CountedFileIo(new LinuxFileIo());
  final Ashlar engine;
  final Path image;

  OneDisk(Path dir, ChangeRules rules) {
    image = dir.resolve("disk.qcow2");
    engine = new EngineBuilder(ConfigFactory.empty()).fileIo(files.io()).rules(rules).start();
    Map<String, Object> storage = Map.of("driver", "file", "filename", image.toString());
    engine.graph().create("file", Map.of("filename", image.toString(), "size", 0L)).await();
    engine.graph().create("qcow2", Map.of("file", storage, "size", 4 * MIB)).await();
    engine
        .graph()
        .add(NodeDefinition.of("file", "file").with("filename", image.toString()))
        .await();
    engine.graph().add(NodeDefinition.of("qcow2", "disk").with("file", "file")).await();
    engine.bitmaps().add("disk", "one", Bitmaps.Settings.PERSISTENT).await();
    engine.bitmaps().add("disk", "two", Bitmaps.Settings.PERSISTENT).await();
    write(0);
  }

  void reopen(boolean readOnly) {
    engine
        .graph()
        .reopen(
            List.of(
                NodeDefinition.of("file", "file")
                    .with("filename", image.toString())
                    .with("read-only", readOnly),
                NodeDefinition.of("qcow2", "disk")
                    .with("file", "file")
                    .with("read-only", readOnly)))
        .await();
  }

  boolean readOnly() {
    return engine.graph().node("disk").await().options().readOnly();
  }

  void write(long offset) {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("w")).await()) {
      guest.write(offset, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      guest.flush();
    }
  }

  boolean recorded(long offset) {
    DirtyView view = engine.bitmaps().dirty("disk", "one").await();
    return view instanceof DirtyView.Exact exact
        && exact.extents().stream()
            .anyMatch(e -> e.offset() <= offset && offset < e.offset() + e.length());
  }

  /** What QEMU says of the image: how many of the two bitmaps are IN_USE. */
  int inUse() {
    String info = qemuImg("info", "-U", "--output=json", image.toString());
    // While it is armed the image has a fence, with a bitmap of its own.
    int fences = info.split("ashlar.fence", -1).length - 1;
    assertThat(info.split("\"granularity\"", -1)).as(info).hasSize(3 + fences);
    return info.split("in-use", -1).length - 1;
  }

  /** QEMU finds nothing wrong; leaks may be left by a failure. */
  void check() {
    qemuImg("check", "-U", "-q", image.toString());
  }

  private static String qemuImg(String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = "qemu-img";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isIn(0, 3);
      return output;
    } catch (IOException e) {
      return Assumptions.abort("qemu-img is not installed: " + e.getMessage());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    files.clear();
    engine.close();
  }
}
