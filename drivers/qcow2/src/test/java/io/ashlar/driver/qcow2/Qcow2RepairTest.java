package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks and repairs through an open node, with its caches. */
class Qcow2RepairTest {
  @TempDir Path directory;

  @Test
  void testCrashUnderLazyRefcounts_isMendedAtTheNextReadWriteOpen() {
    MemoryNode file =
        QemuTools.load(
            QemuTools.create(directory.resolve("a"), "lazy_refcounts=on,cluster_size=4096", "8M"));
    BlockNode node = open(file, false);
    for (int i = 0; i < 64; i++) {
      node.write(i * 100_000L, bytes(i), 0);
    }
    node.flush();
    MemoryNode crashed = file.crashed();
    assertThat(HeaderCodec.read(crashed, "x").dirty()).isTrue();
    // A read-only open leaves it alone.
    open(crashed, true).close();
    assertThat(crashed.log().changes()).isZero();

    BlockNode again = open(crashed, false);
    assertThat(HeaderCodec.read(crashed, "x").dirty()).isFalse();
    QemuTools.assertClean(crashed, directory.resolve("b"));
    for (int i = 0; i < 64; i++) {
      ByteBuffer read = ByteBuffer.allocate(5000);
      again.read(i * 100_000L, read, 0);
      assertThat(read.flip()).isEqualTo(bytes(i));
      again.write(i * 100_000L + 50_000, bytes(i + 1), 0);
    }
    again.close();
    QemuTools.assertClean(crashed, directory.resolve("b"));
  }

  @Test
  void testCheckAndRepairOfAnOpenNode_goOnWithItsCaches() {
    MemoryNode file =
        QemuTools.load(
            QemuTools.create(directory.resolve("a"), "cluster_size=4096,refcount_bits=8", "8M"));
    BlockNode node = open(file, false);
    node.write(0, bytes(1), 0);
    Checkable checkable = (Checkable) node;
    CheckResult clean = checkable.check(Repair.NONE);
    assertThat(clean).isEqualTo(new CheckResult(0, 0, 0, 0, List.of(), clean.layout()));

    // Somebody damages all refcounts.
    Header header = HeaderCodec.read(file, "x");
    long block = ByteBuffer.wrap(file.get(header.refcountTableOffset(), 8)).getLong();
    file.put(block, new byte[4096]);
    CheckResult found = checkable.check(Repair.NONE);
    assertThat(found.corruptions()).isPositive();
    assertThat(found.corruptionsFixed()).isZero();
    CheckResult mended = checkable.check(Repair.ALL);
    assertThat(mended.corruptionsFixed()).isEqualTo(mended.corruptions());

    for (int i = 0; i < 50; i++) {
      node.write(i * 9000L, bytes(i), 0);
    }
    ByteBuffer read = ByteBuffer.allocate(5000);
    node.read(49 * 9000L, read, 0);
    assertThat(read.flip()).isEqualTo(bytes(49));
    assertThat(checkable.check(Repair.NONE).corruptions()).isZero();
    node.close();
    QemuTools.assertClean(file, directory.resolve("b"));
  }

  @Test
  void testRepairAtOpen_comesBeforeAnythingThatTakesClusters() {
    MemoryNode file =
        QemuTools.load(QemuTools.create(directory.resolve("a"), "cluster_size=4096", "8M"));
    BlockNode first = open(file, false);
    first.write(0, bytes(7), 0);
    first.close();
    // All clusters are free, says the image, and it is marked corrupt.
    long table = HeaderCodec.read(file, "x").refcountTableOffset();
    file.put(ByteBuffer.wrap(file.get(table, 8)).getLong(), new byte[4096]);
    file.put(79, new byte[] {2});

    for (String repair : List.of("off", "leaks")) {
      assertThatThrownBy(() -> open(file.copy(), repair)).hasMessageContaining("repair");
    }
    BlockNode node = open(file, "all");
    node.write(1 << 20, bytes(8), 0);
    ByteBuffer read = ByteBuffer.allocate(5000);
    node.read(0, read, 0);
    assertThat(read.flip()).isEqualTo(bytes(7));
    node.close();
    assertThat(HeaderCodec.read(file, "x").corrupt()).isFalse();
    QemuTools.assertClean(file, directory.resolve("b"));
  }

  @Test
  void testReadOnlyNode_checksAndDoesNotRepair() {
    MemoryNode file =
        QemuTools.load(QemuTools.create(directory.resolve("a"), "cluster_size=4096", "8M"));
    Checkable node = (Checkable) open(file, true);
    assertThat(node.check(Repair.NONE).leaks()).isZero();
    assertThatThrownBy(() -> node.check(Repair.LEAKS)).hasMessageContaining("read-only");
    assertThat(file.log().changes()).isZero();
  }

  private static BlockNode open(MemoryNode file, boolean readOnly) {
    return TestHost.create().child("file", file).readOnly(readOnly).open(new Qcow2Driver());
  }

  private static BlockNode open(MemoryNode file, String repair) {
    return TestHost.create().child("file", file).open(new Qcow2Driver(), Map.of("repair", repair));
  }

  private static ByteBuffer bytes(int value) {
    byte[] bytes = new byte[5000];
    Arrays.fill(bytes, (byte) (value + 1));
    return ByteBuffer.wrap(bytes);
  }
}
