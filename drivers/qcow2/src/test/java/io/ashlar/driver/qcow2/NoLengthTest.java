package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMU opens no image of 0 bytes in which bitmaps are stored, so there shall be none. */
final class NoLengthTest {
  @TempDir private Path directory;

  private MemoryNode image(Object size) {
    return QemuTools.load(QemuTools.create(directory.resolve("a"), "cluster_size=4096", size));
  }

  private static void refuses(MemoryNode file, BlockNode node, long length) {
    file.log().start();
    assertThatThrownBy(() -> node.truncate(0, Preallocation.OFF))
        .hasMessageContaining("cannot be shrunk to 0 bytes")
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED));
    assertThat(file.log().entries()).isEmpty();
    assertThat(node.length()).isEqualTo(length);
  }

  @Test
  void aDiskWithBitmapsKeepsSome() {
    Path made = QemuTools.create(directory.resolve("a"), "cluster_size=4096", "1M");
    QemuTools.run("qemu-img", "bitmap", "--add", made, "one");
    MemoryNode file = QemuTools.load(made);
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    refuses(file, node, 1 << 20);
    FencedImage.arm((BitmapStore) node, FencedImage.FENCE);
    refuses(file, node, 1 << 20);
    node.truncate(512, Preallocation.OFF);
    FencedImage.seal((BitmapStore) node, 0);
    node.close();
    QemuTools.assertClean(file, directory.resolve("b"));

    BlockNode again = FencedImage.host(file).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) again;
    store.stage(List.of(), Optional.of(FencedImage.FENCE)).publish();
    refuses(file, again, 512);
    store.stage(List.of()).publish();
    again.truncate(0, Preallocation.OFF);
    again.close();
    QemuTools.assertClean(file, directory.resolve("c"));
  }

  @Test
  void aDiskWithoutLengthTakesNoBitmap() {
    BlockNode node = FencedImage.host(image(0)).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    assertThatThrownBy(() -> store.checkStorable("one", 65536, 0, 0))
        .hasMessageContaining("'one' in an image of 0 bytes")
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED));
    node.truncate(512, Preallocation.OFF);
    store.checkStorable("one", 65536, 512, 0);
  }
}
