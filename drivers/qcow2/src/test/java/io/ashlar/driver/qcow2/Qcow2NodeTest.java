package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Open images: marks in the header, order of writes, damage, reopening, lengths. */
class Qcow2NodeTest {
  private static final int CLUSTER = 65536;

  private final Qcow2Driver driver = new Qcow2Driver();

  @TempDir Path directory;

  private MemoryNode image(Object... options) {
    Map<String, Object> map = new HashMap<>();
    map.put("size", 64L * CLUSTER);
    for (int i = 0; i < options.length; i += 2) {
      map.put((String) options[i], options[i + 1]);
    }
    MemoryNode file = MemoryNode.growing();
    TestHost.create().child("file", file).create(driver, map);
    file.log().reset();
    return file;
  }

  private static TestHost host(MemoryNode file) {
    return TestHost.create().child("file", file);
  }

  private static void write(BlockNode node, long offset, int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    node.write(offset, ByteBuffer.wrap(bytes), IoFlags.NONE);
  }

  private static byte[] read(BlockNode node, long offset, int length) {
    byte[] bytes = new byte[length];
    node.read(offset, ByteBuffer.wrap(bytes), IoFlags.NONE);
    return bytes;
  }

  private static Header header(MemoryNode file) {
    return HeaderCodec.read(file, "test");
  }

  @Test
  void readOnlyOpen_writesNothing() {
    MemoryNode file = image();
    BlockNode node = host(file).readOnly(true).open(driver);
    read(node, 0, CLUSTER);
    assertThatThrownBy(() -> write(node, 0, 512, 1))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.READ_ONLY));
    node.flush();
    node.close();
    assertThat(file.log().count(Operation.WRITE)).isZero();
    assertThat(file.log().count(Operation.FLUSH)).isZero();
  }

  @Test
  void overwriteInPlace_costsOneWriteAndItsFlushOneSync() {
    MemoryNode file = image();
    BlockNode node = host(file).open(driver);
    write(node, 0, CLUSTER, 1);
    node.flush();
    file.log().reset();
    write(node, 4096, 4096, 2);
    node.flush();
    assertThat(file.log().count(Operation.WRITE)).isEqualTo(1);
    assertThat(file.log().count(Operation.FLUSH)).isEqualTo(1);
    node.close();
  }

  @Test
  void smallWriteIntoNewCluster_writesNoZeroesWhereTheFileNeverWas() {
    MemoryNode file = image();
    BlockNode node = host(file).open(driver);
    write(node, 0, 4096, 1);
    long before = file.allocated();
    write(node, 10 * CLUSTER, 4096, 1);
    assertThat(file.allocated() - before).isLessThanOrEqualTo(CLUSTER / 2);
    node.close();
    QemuTools.assertClean(file, directory.resolve("a"));
  }

  @Test
  void lazyRefcounts_markTheImageDirtyUntilItIsClosed() {
    MemoryNode file = image("lazy-refcounts", true);
    TestHost host = host(file);
    BlockNode node = host.open(driver);
    assertThat(header(file).dirty()).isFalse();
    write(node, 0, 3 * CLUSTER, 5);
    node.flush();
    assertThat(header(file.crashed()).dirty()).isTrue();
    MemoryNode crashed = file.crashed();
    node.close();
    assertThat(header(file).dirty()).isFalse();
    QemuTools.assertClean(file, directory.resolve("closed"));

    assertThat(
            QemuTools.outcome("qemu-img", "check", QemuTools.save(crashed, directory.resolve("c")))
                .exit())
        .isEqualTo(2);
    BlockNode readOnly = host(crashed).readOnly(true).open(driver);
    assertThat(read(readOnly, CLUSTER, 512)).containsOnly(5);
    readOnly.close();
    assertThat(header(crashed).dirty()).isTrue();
    BlockNode mended = host(crashed).open(driver);
    assertThat(header(crashed.crashed()).dirty()).isFalse();
    assertThat(read(mended, 0, 3 * CLUSTER)).containsOnly(5);
    write(mended, 5 * CLUSTER, 512, 6);
    assertThat(read(mended, 0, 3 * CLUSTER)).containsOnly(5);
    mended.close();
    QemuTools.assertClean(crashed, directory.resolve("mended"));
  }

  @Test
  void dataOverMetadata_isRefusedAndMarksTheImage() {
    MemoryNode file = image();
    TestHost host = host(file);
    BlockNode node = host.open(driver);
    write(node, 0, CLUSTER, 1);
    node.close();
    // The first data cluster's entry is bent to the refcount table.
    Header header = header(file);
    long l2 = ByteBuffer.wrap(file.get(header.l1Offset(), 8)).getLong() & L2Entry.OFFSET_MASK;
    long bent = header.refcountTableOffset() | L2Entry.COPIED;
    file.put(l2, ByteBuffer.allocate(8).putLong(bent).array());
    BlockNode damaged = host.open(driver);
    assertThatThrownBy(() -> write(damaged, 0, 512, 9))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CORRUPT))
        .hasMessageContaining("overlaps with refcount table");
    assertThat(host.events()).anyMatch(e -> e instanceof NodeEvent.ImageCorrupted c && c.fatal());
    assertThatThrownBy(() -> write(damaged, 9 * CLUSTER, 512, 9)).hasMessageContaining("refuses");
    assertThat(header(file.crashed()).corrupt()).isTrue();
    damaged.close();
    assertThatThrownBy(() -> host.open(driver)).hasMessageContaining("corrupt");
    host.readOnly(true).open(driver).close();
  }

  @Test
  void unmappedBackingFile_isRefusedWithTheBlockToAdd() {
    MemoryNode file = image("backing-file", "base.img", "backing-fmt", "raw");
    assertThatThrownBy(() -> host(file).open(driver))
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.REFERENCE_UNMAPPED);
              assertThat(e.reference().orElseThrow().name()).isEqualTo("base.img");
            })
        .hasMessageContaining(
            "backing = { driver = raw, file = { driver = file, filename = \"base.img\" } }");
    BlockNode detached = host(file).detached("backing").open(driver);
    assertThat(read(detached, 0, 512)).containsOnly(0);
    detached.close();
  }

  @Test
  void readOnlyToReadWrite_worksThroughTheStagedFile_andAbortGoesBack() {
    MemoryNode file = image();
    MemoryNode locked = file.readOnly(true);
    TestHost host = host(locked).readOnly(true);
    BlockNode node = host.open(driver);
    MemoryNode staged = file.copy();
    TestReopen aborted = host.reopen(driver, node).child("file", staged).readOnly(false);
    BlockNode early = aborted.prepare(ReopenPass.UP).staged();
    write(early, 0, CLUSTER, 3);
    assertThat(staged.log().count(Operation.WRITE)).isPositive();
    aborted.abort();
    assertThatThrownBy(() -> write(node, 0, 512, 1)).hasMessageContaining("read-only");
    node.close();

    TestHost second = host(file.copy()).readOnly(true);
    BlockNode other = second.open(driver);
    MemoryNode live = file.copy();
    TestReopen committed = second.reopen(driver, other).child("file", live).readOnly(false);
    committed.prepare(ReopenPass.UP);
    committed.commit();
    write(other, 0, CLUSTER, 4);
    TestReopen back = second.reopen(driver, other).readOnly(true);
    back.prepare(ReopenPass.DOWN);
    QemuTools.assertClean(live.crashed(), directory.resolve("down"));
    back.commit();
    assertThatThrownBy(() -> write(other, 0, 512, 1)).hasMessageContaining("read-only");
    assertThat(read(other, 0, CLUSTER)).containsOnly(4);
    other.close();
  }

  @ParameterizedTest(name = "version {0}, clusters of {1}")
  @CsvSource({"v2,512", "v2,65536", "v3,512", "v3,65536", "v3,2097152"})
  void growth_showsNeitherOldBytesNorALongerBackingFile(String version, int cluster) {
    MemoryNode file = image("size", 100_352L, "version", version, "cluster-size", (long) cluster);
    byte[] below = new byte[300_000];
    Arrays.fill(below, (byte) 9);
    TestHost host = host(file).child("backing", MemoryNode.of(below));
    BlockNode node = host.open(driver);
    write(node, 100_000, 352, 7);
    node.truncate(50_176, Preallocation.OFF);
    node.truncate(400_384, Preallocation.OFF);
    assertThat(read(node, 0, 50_176)).containsOnly(9);
    assertThat(read(node, 50_176, 350_208)).containsOnly(0);
    node.truncate(512 * 60_000L, Preallocation.OFF);
    write(node, 512 * 59_999L, 512, 1);
    node.truncate(1024, Preallocation.OFF);
    node.close();
    QemuTools.save(MemoryNode.of(below), directory.resolve("below.raw"));
    Path saved = QemuTools.save(file, directory.resolve("disk"));
    QemuTools.assertClean(saved);
  }

  @Test
  void refcountTable_growsWhileClustersAreAllocated() {
    MemoryNode file = image("cluster-size", 512L, "refcount-bits", 64L, "size", 8L << 20);
    BlockNode node = host(file).open(driver);
    Header before = header(file);
    for (int i = 0; i < 8 << 20; i += 100_000) {
      write(node, i, Math.min(100_000, (8 << 20) - i), i / 100_000 + 1);
    }
    node.close();
    assertThat(header(file).refcountTableOffset()).isNotEqualTo(before.refcountTableOffset());
    QemuTools.assertClean(file, directory.resolve("a"));
    BlockNode again = host(file).open(driver);
    assertThat(read(again, 5_000_000, 100_000)).containsOnly(51);
    again.close();
  }

  @Test
  void writethrough_makesEachWriteDurable() {
    MemoryNode file = image();
    BlockNode node =
        host(file).nodeOptions(NodeOptions.DEFAULTS.withCache(CacheMode.WRITETHROUGH)).open(driver);
    write(node, 0, CLUSTER, 8);
    BlockNode after = host(file.crashed()).open(driver);
    assertThat(read(after, 0, CLUSTER)).containsOnly(8);
    after.close();
    node.close();
  }

  @Test
  void check_findsWhatQemuFinds() {
    MemoryNode file = image();
    TestHost host = host(file);
    BlockNode node = host.open(driver);
    write(node, 0, 5 * CLUSTER, 1);
    Checkable.CheckResult clean = ((Checkable) node).check(Checkable.Repair.NONE);
    assertThat(clean.findings()).isEmpty();
    write(node, 9 * CLUSTER, CLUSTER, 2);
    node.close();
    QemuTools.assertClean(file, directory.resolve("a"));
  }

  @Test
  void reopen_changesCachesAndDiscard_whileTheDiskStaysTheSame() {
    MemoryNode file = image();
    TestHost host = host(file);
    BlockNode node = host.open(driver);
    write(node, 0, 3 * CLUSTER, 1);
    node.discard(0, CLUSTER, IoFlags.NONE);
    assertThat(read(node, 0, CLUSTER)).containsOnly(1);
    TestReopen reopen =
        host.reopen(driver, node)
            .options(
                Map.of("l2-cache-size", 65536L, "overlap-check", "none", "lazy-refcounts", true))
            .nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true));
    reopen.prepare(ReopenPass.UP);
    reopen.commit();
    assertThat(read(node, 0, 3 * CLUSTER)).containsOnly(1);
    node.discard(0, CLUSTER, IoFlags.NONE);
    assertThat(read(node, 0, CLUSTER)).containsOnly(0);
    write(node, 8 * CLUSTER, 512, 2);
    assertThat(header(file).dirty()).isTrue();
    node.close();
    assertThat(header(file).dirty()).isFalse();
    QemuTools.assertClean(file, directory.resolve("a"));
  }

  @Test
  void discardNoUnref_keepsTheClusterAndReadsZeroes() {
    MemoryNode file = image();
    TestHost host = host(file).nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true));
    BlockNode node = host.open(driver, Map.of("discard-no-unref", true));
    write(node, 0, CLUSTER, 1);
    long place = node.status(0, CLUSTER).hostOffset();
    node.discard(0, CLUSTER, IoFlags.NONE);
    assertThat(node.status(0, CLUSTER).zero()).isTrue();
    assertThat(node.status(0, CLUSTER).hostOffset()).isEqualTo(place);
    assertThat(read(node, 0, CLUSTER)).containsOnly(0);
    write(node, 100, 100, 3);
    assertThat(node.status(0, CLUSTER).hostOffset()).isEqualTo(place);
    assertThat(read(node, 0, 100)).containsOnly(0);
    assertThat(read(node, 100, 100)).containsOnly(3);
    node.close();
    QemuTools.assertClean(file, directory.resolve("a"));
  }

  @Test
  void failedFlush_isToldToItsCaller_andTheNextOneWritesEverythingAgain() {
    MemoryNode file = image();
    BlockNode node = host(file).open(driver);
    write(node, 0, CLUSTER, 6);
    file.faults().failOnce(Operation.FLUSH, 2, ErrorCode.IO_ERROR);
    assertThatThrownBy(node::flush).isInstanceOf(BlockException.class);
    file.log().reset();
    node.flush();
    assertThat(file.log().count(Operation.WRITE))
        .as("data of the new cluster, block, zeroes of the new table, slice, L1")
        .isEqualTo(5);
    BlockNode after = host(file.crashed()).readOnly(true).open(driver);
    assertThat(read(after, 0, CLUSTER)).containsOnly(6);
    after.close();
    node.close();
  }
}
