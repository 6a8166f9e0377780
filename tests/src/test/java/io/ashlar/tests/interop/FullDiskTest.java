package io.ashlar.tests.interop;

import static io.ashlar.tests.interop.Images.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.tests.qemu.QemuTools;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk under an image fills up in the middle of writes, and gets space again. */
final class FullDiskTest {
  private static final int PIECE = 1 << 18;
  private static final int PIECES = 16;

  @TempDir Path directory;

  @Test
  void noSpaceReachesTheWriterTheImageStaysWholeAndGoesOnWhenSpaceIsBack() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("small"));
    QemuTools.Outcome mounted =
        QemuTools.outcome("mount", "-t", "tmpfs", "-o", "size=4m", "none", mount);
    Assumptions.assumeTrue(mounted.exit() == 0, "needs the right to mount: " + mounted.text());
    try {
      fill(mount);
    } finally {
      QemuTools.run("umount", mount);
    }
  }

  private static void fill(Path mount) throws Exception {
    Path image = Images.withBitmap(mount.resolve("disk.qcow2"));
    Path filler = Files.write(mount.resolve("filler"), new byte[2 << 20]);
    try (Ashlar engine = Ashlar.start()) {
      engine.graph().add(Images.qcow2("disk", image)).await();
      try (BlockDevice device = Images.writer(engine, "disk")) {
        int written = 0;
        BlockException full = null;
        while (full == null) {
          assertThat(written).as("pieces on a disk that has no room for them").isLessThan(PIECES);
          full = write(device, written);
          written += full == null ? 1 : 0;
        }
        assertThat(full.code()).as(full.getMessage()).isEqualTo(ErrorCode.NO_SPACE);
        assertThat(written).isPositive();
        QemuTools.Outcome check =
            QemuTools.outcome("qemu-img", "check", "-U", "-f", "qcow2", image);
        assertThat(check.exit()).as("clean or leaks: " + check.text()).isIn(0, 3);
        checkContent(device, written);
        Files.delete(filler);
        for (int i = written; i < 10; i++) {
          assertThat(write(device, i)).isNull();
        }
        device.flush();
        checkContent(device, 10);
      }
      engine.graph().remove("disk").await();
    }
    assertThat(Images.flags(image)).containsExactly("auto");
    QemuTools.run("qemu-img", "check", "-f", "qcow2", image);
    for (int i = 0; i < 10; i++) {
      String read = "read -P " + (i + 1) + " " + (long) i * PIECE + " " + PIECE;
      assertThat(QemuTools.io(image, read)).doesNotContain("failed");
    }
  }

  private static BlockException write(BlockDevice device, int piece) {
    try {
      device.write((long) piece * PIECE, bytes(piece + 1, PIECE));
      device.flush();
      return null;
    } catch (BlockException e) {
      return e;
    }
  }

  private static void checkContent(BlockDevice device, int pieces) {
    for (int i = 0; i < pieces; i++) {
      ByteBuffer found = ByteBuffer.allocate(PIECE);
      device.read((long) i * PIECE, found);
      assertThat(found.flip().mismatch(bytes(i + 1, PIECE))).as("piece %d", i).isEqualTo(-1);
    }
  }
}
