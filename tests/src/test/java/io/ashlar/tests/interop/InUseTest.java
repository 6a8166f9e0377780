package io.ashlar.tests.interop;

import static io.ashlar.tests.interop.Images.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.tests.qemu.BitmapSums;
import io.ashlar.tests.qemu.QemuIo;
import io.ashlar.tests.qemu.QemuTools;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ashlar and QEMU on one image: the IN_USE mark says who writes, the lock keeps the other out. */
final class InUseTest {
  @TempDir Path directory;

  @Test
  void theBitmapIsInUseFromOpenToCloseAndASecondWriterIsRefused() {
    Path image = Images.withBitmap(directory.resolve("disk.qcow2"));
    try (Ashlar engine = Ashlar.start()) {
      engine.graph().add(Images.qcow2("disk", image)).await();
      assertThat(Images.flags(image)).containsExactlyInAnyOrder("auto", "in-use");
      try (BlockDevice device = Images.writer(engine, "disk")) {
        device.write(65_536, bytes(7, 100));
        device.flush();
      }
      assertThat(QemuTools.run("qemu-img", "info", "-U", image)).contains("ashlar.fence");
      assertThat(Images.flags(image)).containsExactlyInAnyOrder("auto", "in-use");
      QemuTools.Outcome second =
          QemuTools.outcome("qemu-io", "-f", "qcow2", "-c", "write 0 512", image);
      assertThat(second.exit()).as(second.text()).isNotZero();
      assertThat(second.text()).contains("lock");
      engine.graph().remove("disk").await();
      assertThat(Images.flags(image)).containsExactly("auto");
    }
    QemuTools.run("qemu-img", "check", "-f", "qcow2", image);
    QemuTools.run("qemu-io", "-f", "qcow2", "-c", "read -P 7 65536 100", image);
  }

  @Test
  void ashlarIsRefusedWhileQemuWrites() {
    Path image = Images.withBitmap(directory.resolve("disk.qcow2"));
    try (Ashlar engine = Ashlar.start()) {
      try (QemuIo writer = QemuIo.start("-f", "qcow2", image)) {
        writer.command("write -q 0 512");
        BlockException refusal =
            Images.refused(() -> engine.graph().add(Images.qcow2("disk", image)).await());
        assertThat(refusal.code()).isEqualTo(ErrorCode.FILE_LOCKED);
        assertThat(refusal.getMessage()).contains(image.toString()).containsIgnoringCase("write");
        assertThat(engine.graph().nodes().await()).as("nothing is left").isEmpty();
        assertThat(writer.command("write -q 512 512")).as("the holder goes on").isEmpty();
      }
      engine.graph().add(Images.qcow2("disk", image)).await();
      engine.graph().remove("disk").await();
    }
  }

  @Test
  void reopensBetweenReadWriteAndReadOnlyKeepTheBitmap() {
    Path image = Images.withBitmap(directory.resolve("disk.qcow2"));
    Path twin = Images.withBitmap(directory.resolve("twin.qcow2"));
    QemuTools.io(twin, "write -P 1 0 512", "write -P 2 1M 70000", "discard 2M 64k");
    NodeDefinition definition =
        NodeDefinition.of("qcow2", "disk").with("file", "disk-file").with("discard", "unmap");
    try (Ashlar engine = Ashlar.start()) {
      NodeDefinition nested = Images.qcow2("disk", image).with("discard", "unmap");
      engine.graph().add(nested).await();
      write(engine, device -> device.write(0, bytes(1, 512)));
      engine.graph().reopen(List.of(definition.with("read-only", true))).await();
      assertThat(Images.flags(image)).as("read-only").containsExactly("auto");
      engine.graph().reopen(List.of(definition.with("read-only", false))).await();
      assertThat(Images.flags(image)).as("again").containsExactlyInAnyOrder("auto", "in-use");
      write(engine, device -> device.write(1 << 20, bytes(2, 70_000)));
      write(engine, device -> device.discard(2 << 20, 65_536));
      engine.graph().reopen(List.of(definition.with("read-only", true))).await();
      assertThat(Images.flags(image)).as("read-only again").containsExactly("auto");
      engine.graph().remove("disk").await();
    }
    assertThat(Images.flags(image)).as("closed").containsExactly("auto");
    List<String> sums = BitmapSums.of(Images.BITMAP, image, twin);
    assertThat(sums.get(0)).isEqualTo(sums.get(1));
  }

  private interface Use {
    void on(BlockDevice device);
  }

  private static void write(Ashlar engine, Use use) {
    try (BlockDevice device = Images.writer(engine, "disk")) {
      use.on(device);
    }
  }
}
