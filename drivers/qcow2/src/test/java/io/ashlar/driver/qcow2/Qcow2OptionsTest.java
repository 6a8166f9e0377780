package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options and corners that cost space or memory and no data. */
class Qcow2OptionsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void passDiscardOther_givesClustersOfOldBitmapsBack(boolean pass) {
    MemoryNode file = image("cluster_size=65536", 64 << 20);
    BlockNode node = open(file, Map.of("pass-discard-other", pass));
    BitmapStore store = (BitmapStore) node;
    for (int i = 0; i < 3; i++) {
      BitmapEntry entry = new BitmapEntry.Written("b", 65536, true, false, BitArray.of(i));
      store.stage(List.of(entry)).publish();
    }
    assertThat(file.log().count(Operation.DISCARD) > 0).isEqualTo(pass);
    node.close();
    QemuTools.assertClean(file, directory.resolve("d"));
  }

  @Test
  void passDiscardSnapshot_isRefusedByName() {
    MemoryNode file = image("cluster_size=65536", 1 << 20);
    for (boolean value : List.of(false, true)) {
      assertThatThrownBy(() -> open(file, Map.of("pass-discard-snapshot", value)))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED))
          .hasMessageContaining("pass-discard-snapshot");
    }
  }

  @Test
  void cacheCleanInterval_letsUnusedTablesGo() {
    MemoryNode file = image("cluster_size=4096", 64 << 20);
    BlockNode full = open(file, Map.of());
    for (int i = 0; i < 32; i++) {
      full.write(i * (2L << 20), ByteBuffer.allocate(512), 0);
    }
    full.close();
    TestHost host = TestHost.create().child("file", file);
    BlockNode node = host.open(new Qcow2Driver(), Map.of("cache-clean-interval", 10L));
    ByteBuffer sector = ByteBuffer.allocate(512);
    for (int i = 0; i < 31; i++) {
      node.read(i * (2L << 20), sector.clear(), 0);
    }
    long reads = tableReads(file, node, 0);
    assertThat(reads).as("in memory").isZero();
    pass(host, 11);
    node.flush(); // marks all as unused
    node.read(0, sector.clear(), 0);
    pass(host, 11);
    node.flush(); // and lets go of what was not used since
    assertThat(tableReads(file, node, 0)).as("used in between").isZero();
    assertThat(tableReads(file, node, 5 * (2L << 20))).as("not used").isPositive();
    node.close();
  }

  private static void pass(TestHost host, long seconds) {
    host.manualClock().advance(seconds * 1_000_000_000L);
  }

  private static long tableReads(MemoryNode file, BlockNode node, long offset) {
    long before = file.log().count(Operation.READ);
    node.read(offset, ByteBuffer.allocate(512), 0);
    return file.log().count(Operation.READ) - before - 1;
  }

  @ParameterizedTest
  @EnumSource(Preallocation.class)
  void resize_takesTheSpaceAsQemuDoes(Preallocation how) {
    MemoryNode file = image("cluster_size=65536", 1 << 20);
    BlockNode node = open(file, Map.of());
    // Clusters that were used before are among those that are given out.
    byte[] data = new byte[512 * 1024];
    Arrays.fill(data, (byte) 9);
    node.write(0, ByteBuffer.wrap(data), 0);
    node.writeZeroes(0, 256 * 1024, IoFlags.MAY_UNMAP);
    node.flush();
    node.truncate(16 << 20, how);
    long written = file.allocated();
    node.close();

    assertThat(written >= 15 << 20)
        .isEqualTo(how == Preallocation.FALLOC || how == Preallocation.FULL);
    Path image = QemuTools.save(file, directory.resolve("ours"));
    QemuTools.assertClean(image);
    assertThat(allocatedClusters(image)).isEqualTo(how == Preallocation.OFF ? 4 : 244);
    ByteBuffer all = ByteBuffer.allocate(16 << 20);
    BlockNode back = TestHost.create().child("file", file).readOnly(true).open(new Qcow2Driver());
    back.read(0, all, 0);
    byte[] expected = new byte[16 << 20];
    Arrays.fill(expected, 256 * 1024, 512 * 1024, (byte) 9);
    assertThat(Arrays.mismatch(all.array(), expected)).isEqualTo(-1);

    Path theirs = QemuTools.create(directory.resolve("theirs"), "cluster_size=65536", 1 << 20);
    QemuTools.run(
        "qemu-img",
        "resize",
        "--preallocation=" + how.name().toLowerCase(java.util.Locale.ROOT),
        theirs,
        "16M");
    assertThat(allocatedClusters(theirs)).isEqualTo(how == Preallocation.OFF ? 0 : 240);
  }

  private static long allocatedClusters(Path image) {
    String json = QemuTools.run("qemu-img", "check", "--output=json", image);
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("\"allocated-clusters\": (\\d+)").matcher(json);
    return m.find() ? Long.parseLong(m.group(1)) : 0;
  }

  @Test
  void aFullDisk_growsAfterFreedClustersAreFlushed() {
    MemoryNode file = image("cluster_size=65536", 4 << 20);
    BlockNode node = open(file, Map.of());
    node.write(0, ByteBuffer.allocate(4 << 20), 0);
    node.flush();
    file.capacity(file.length());
    // What is freed here is free for others when its removal is durable.
    node.writeZeroes(0, 3 << 20, IoFlags.MAY_UNMAP);
    node.truncate(6 << 20, Preallocation.FULL);
    assertThat(node.length()).isEqualTo(6 << 20);
    assertThatThrownBy(() -> node.truncate(16 << 20, Preallocation.FULL))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE));
    assertThat(node.length()).isEqualTo(6 << 20);
    node.close();
    QemuTools.assertClean(file, directory.resolve("d"));
  }

  @Test
  void clustersThatARoundFrees_areNotForgottenWhenOthersAllocateMeanwhile() {
    MemoryNode file = image("cluster_size=65536", 4 << 20);
    BlockNode node = open(file, Map.of());
    node.write(0, ByteBuffer.allocate(3 << 16), 0);
    node.flush();
    node.discard(0, 3 << 16, IoFlags.NONE);
    boolean[] done = {false};
    file.faults()
        .hook(
            (operation, offset, length) -> {
              if (operation == Operation.FLUSH && !done[0]) {
                done[0] = true;
                node.write(1 << 20, ByteBuffer.allocate(512), 0);
              }
            });
    node.flush();
    assertThat(done[0]).isTrue();
    node.close();
    QemuTools.assertClean(file, directory.resolve("d"));
  }

  @Test
  void compressedTails_endWithASector() {
    MemoryNode file = image("cluster_size=65536", 1 << 20);
    BlockNode node = open(file, Map.of());
    byte[] text = new byte[65536];
    for (int i = 0; i < text.length; i++) {
      text[i] = (byte) (i * i % 50);
    }
    node.write(0, ByteBuffer.wrap(text), IoFlags.COMPRESSED);
    assertThat(file.length() % 512).isNotZero();
    node.close();
    assertThat(file.length() % 512).isZero();
    QemuTools.assertClean(file, directory.resolve("d"));
    Path raw = QemuTools.save(MemoryNode.of(Arrays.copyOf(text, 1 << 20)), directory.resolve("r"));
    Path theirs = directory.resolve("theirs");
    QemuTools.run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, theirs);
    assertThat(theirs.toFile().length() % 512).isZero();
    QemuTools.run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", directory.resolve("d"), raw);
  }

  private MemoryNode image(String options, long size) {
    return QemuTools.load(QemuTools.create(directory.resolve("i"), options, size));
  }

  private static BlockNode open(MemoryNode file, Map<String, ?> options) {
    return TestHost.create()
        .child("file", file)
        .nodeOptions(io.ashlar.spi.NodeOptions.DEFAULTS.withDiscardUnmap(true))
        .open(new Qcow2Driver(), options);
  }
}
