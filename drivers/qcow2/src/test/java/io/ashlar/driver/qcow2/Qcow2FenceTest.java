package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.FenceReport.Broken;
import io.ashlar.spi.FenceReport.Whole;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.OperationLog.Entry;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fence of an image: how it goes in, changes and goes out, and what it costs. */
class Qcow2FenceTest {
  private static final Fence FENCE = FencedImage.FENCE;
  private static final Fence OTHER = FENCE.withNonce(new UUID(8, 9));

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cluster_size=512",
        "cluster_size=4096",
        "cluster_size=65536",
        "cluster_size=2M",
        "cluster_size=65536,backing_file=some-base.raw,backing_fmt=raw",
        "cluster_size=512,backing_file=some-base.raw,backing_fmt=raw"
      })
  void itGoesInAndOut_andLeavesNothing(String options) {
    MemoryNode file = image(options);
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    assertThat(store.fence()).isEqualTo(FenceReport.NONE);
    assertThat(store.fenceRefusal(1)).isEmpty();

    FencedImage.arm(store, FENCE);

    BitmapStore seen = FencedImage.look(file.crashed());
    assertThat(seen.fence()).isEqualTo(new Whole(FENCE));
    assertThat(seen.directory()).extracting(StoredBitmap::name).containsExactly("one");
    assertThat(seen.directory()).allMatch(StoredBitmap::inUse);
    Path image = QemuTools.save(file.crashed(), directory.resolve("d"));
    assertThat(QemuTools.outcome("qemu-img", "check", "-U", image).exit()).isIn(0, 3);
    String info = QemuTools.run("qemu-img", "info", "--output=json", image);
    assertThat(info).contains("\"name\": \"ashlar.fence\"", "\"granularity\": 2147483648");
    assertThat(info).containsOnlyOnce("in-use");

    FencedImage.write(node, 8192, 1);
    FencedImage.seal(store, 0, 3);
    node.close();

    assertThat(FencedImage.traces(file)).isFalse();
    assertThat(FencedImage.look(file).fence()).isEqualTo(FenceReport.NONE);
    image = QemuTools.save(file, directory.resolve("d"));
    QemuTools.assertClean(image);
    assertThat(QemuTools.run("qemu-img", "info", image)).doesNotContain("ashlar", "in-use");
  }

  @Test
  void arming_isAtMostTwoFlushes_andOneSectorOfTheHeader() {
    for (String options : List.of("cluster_size=65536", "cluster_size=4096")) {
      MemoryNode file = image(options);
      BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
      file.log().start();

      FencedImage.arm(store, FENCE);

      List<Entry> entries = file.log().entries();
      assertThat(count(entries, Operation.FLUSH)).isLessThanOrEqualTo(2);
      assertThat(header(entries)).containsExactly(new Entry(Operation.WRITE, 0, 512, 0));
    }
  }

  @Test
  void aChange_isOneSectorAndOneFlush() {
    MemoryNode file = image("cluster_size=65536");
    BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
    FencedImage.arm(store, FENCE);
    file.log().start();

    store.changeFence(OTHER);

    assertThat(file.log().entries()).hasSize(2);
    assertThat(header(file.log().entries())).containsExactly(new Entry(Operation.WRITE, 0, 512, 0));
    assertThat(FencedImage.look(file.crashed()).fence()).isEqualTo(new Whole(OTHER));
    assertThat(store.fence()).isEqualTo(new Whole(OTHER));
  }

  @Test
  void aRevokedOne_isOutInOneSector_andTheBitmapsStayInUse() {
    MemoryNode file = image("cluster_size=65536");
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    FencedImage.arm(store, FENCE);
    file.log().start();

    store.revokeFence();

    assertThat(file.log().entries()).hasSize(2);
    BitmapStore seen = FencedImage.look(file.crashed());
    assertThat(seen.fence()).isEqualTo(FenceReport.NONE);
    assertThat(seen.directory()).hasSize(1).allMatch(StoredBitmap::inUse);
    file.log().reset();
    store.revokeFence();
    assertThat(file.log().changes()).isZero();
    assertThatThrownBy(() -> store.changeFence(OTHER))
        .isInstanceOf(BlockException.class)
        .hasMessageContaining("no fence to be changed");

    FencedImage.seal(store, 1);
    node.close();
    assertThat(FencedImage.traces(file)).isFalse();
    QemuTools.assertClean(file, directory.resolve("d"));
  }

  @Test
  void theLastRecord_isInTheImageWithEachFlush_andCostsNoFlush() {
    MemoryNode file = image("cluster_size=65536");
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    FencedImage.arm(store, FENCE);
    AtomicLong lsn = new AtomicLong(FENCE.lsn());
    store.lastRecord(lsn::get);
    FencedImage.write(node, 0, 1);
    node.flush();
    lsn.set(400);
    FencedImage.write(node, 0, 2);
    assertThat(FencedImage.look(file.crashed()).fence()).isEqualTo(new Whole(FENCE));
    file.log().start();

    node.flush();

    assertThat(FencedImage.look(file.crashed()).fence()).isEqualTo(new Whole(FENCE.withLsn(400)));
    assertThat(count(file.log().entries(), Operation.FLUSH)).isEqualTo(1);
    assertThat(header(file.log().entries())).hasSize(1);
    file.log().reset();
    node.flush();
    assertThat(file.log().changes()).isZero();
    lsn.set(500);
    store.changeFence(OTHER);
    assertThat(FencedImage.look(file.crashed()).fence()).isEqualTo(new Whole(OTHER.withLsn(500)));
  }

  @Test
  void itIsKept_byEverythingElseThatChangesTheHeader() {
    Path made =
        QemuTools.create(directory.resolve("a"), "cluster_size=512,lazy_refcounts=on", "1M");
    QemuTools.run("qemu-img", "bitmap", "--add", made, "one");
    MemoryNode file = QemuTools.load(made);
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    FencedImage.arm(store, FENCE);
    file.log().start();

    for (int i = 0; i < 200; i++) { // grows tables of refcounts, sets the dirty bit
      FencedImage.write(node, i * 4096L, i);
    }
    node.truncate(8 << 20, Preallocation.OFF);
    node.flush();

    assertThat(header(file.log().entries())).allMatch(e -> e.offset() == 0 && e.length() == 512);
    assertThat(header(file.log().entries()).size()).isGreaterThan(2);
    assertThat(store.fence()).isEqualTo(new Whole(FENCE));
    // Dirty: the next read-write open rebuilds the refcounts, and the fence is still there.
    MemoryNode crashed = file.crashed();
    assertThat(HeaderCodec.read(crashed, "d").dirty()).isTrue();
    BlockNode again = FencedImage.host(crashed).open(new Qcow2Driver());
    assertThat(((BitmapStore) again).fence()).isEqualTo(new Whole(FENCE));
    again.close();
    assertThat(FencedImage.look(crashed).fence()).isEqualTo(new Whole(FENCE));
  }

  @Test
  void oneThatNobodyWanted_isOutBeforeAGuestWrites() {
    MemoryNode file = armed();
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    assertThat(((BitmapStore) node).fence()).isEqualTo(new Whole(FENCE));
    file.log().start();

    FencedImage.write(node, 0, 9);

    assertThat(file.log().entries().get(0)).isEqualTo(new Entry(Operation.WRITE, 0, 512, 0));
    assertThat(file.log().entries().get(1).operation()).isEqualTo(Operation.FLUSH);
    assertThat(FencedImage.look(file.crashed()).fence()).isEqualTo(FenceReport.NONE);
  }

  @Test
  void armingWithoutOne_takesItOutFirst() {
    MemoryNode file = armed();
    BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());

    store.arm();

    BitmapStore seen = FencedImage.look(file.crashed());
    assertThat(seen.fence()).isEqualTo(FenceReport.NONE);
    assertThat(seen.directory()).hasSize(1).allMatch(StoredBitmap::inUse);
  }

  @Test
  void aWholeOne_isTakenOverThroughAStagedHandle_withItsBitmap() {
    MemoryNode file = armed();
    TestHost host = FencedImage.host(file).readOnly(true);
    BlockNode node = host.open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    assertThatThrownBy(() -> store.changeFence(OTHER)).hasMessageContaining("read-only");
    TestReopen change = host.reopen(new Qcow2Driver(), node).readOnly(false);
    change.prepare(ReopenPass.UP);

    FencedImage.arm(store, OTHER);

    change.commit();
    FencedImage.write(node, 0, 9);
    assertThat(FencedImage.look(file.crashed()).fence()).isEqualTo(new Whole(OTHER));
    FencedImage.seal(store, 0);
    node.close();
    QemuTools.assertClean(file, directory.resolve("d"));
    assertThat(FencedImage.traces(file)).isFalse();
  }

  @Test
  void anInspection_tellsOfIt_andDoesNotListItsBitmap() {
    MemoryNode file = armed();
    ImageReport whole = Qcow2Inspector.inspect(file).orElseThrow();
    assertThat(whole.bitmaps()).extracting(StoredBitmap::name).containsExactly("one");
    assertThat(whole.details())
        .containsEntry("fence", "whole")
        .containsEntry("fence-epoch", FENCE.epoch())
        .containsEntry("fence-record", FENCE.lsn())
        .containsEntry("fence-nonce", FENCE.nonce().toString())
        .containsEntry("fence-journal", FENCE.image() + " " + FENCE.journal());
    assertThat(whole.risks()).anyMatch(risk -> risk.contains("by another program"));
    Path image = QemuTools.save(file, directory.resolve("d"));
    QemuTools.io(image, "length");
    ImageReport broken = Qcow2Inspector.inspect(QemuTools.load(image)).orElseThrow();
    assertThat((String) broken.details().get("fence")).startsWith("broken: another program");
    assertThat(broken.bitmaps()).extracting(StoredBitmap::name).containsExactly("one");
    BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
    store.revokeFence();
    assertThat((String) Qcow2Inspector.inspect(file).orElseThrow().details().get("fence"))
        .contains("is left");
    FencedImage.seal(store, 1);
    assertThat(Qcow2Inspector.inspect(file).orElseThrow().details()).doesNotContainKey("fence");
  }

  @Test
  void aRepair_keepsIt() {
    MemoryNode file = armed();
    Header header = HeaderCodec.read(file, "d");
    for (Checkable.Repair repair : List.of(Checkable.Repair.LEAKS, Checkable.Repair.ALL)) {
      MemoryNode hurt = file.copy();
      long table = header.refcountTableOffset();
      long block = ByteBuffer.wrap(hurt.get(table, 8)).getLong();
      hurt.put(40 << 16, new byte[1 << 16]);
      hurt.put(block + 2 * 40, new byte[] {0, 1}); // a leaked cluster
      if (repair == Checkable.Repair.ALL) {
        hurt.put(block, new byte[24]); // the header and the tables have no users
      }
      BlockNode node = FencedImage.host(hurt).open(new Qcow2Driver());
      Checkable.CheckResult result = ((Checkable) node).check(repair);
      assertThat(result.leaksFixed()).as("%s", result.findings()).isPositive();
      node.close();
      assertThat(FencedImage.look(hurt).fence()).as("%s", repair).isEqualTo(new Whole(FENCE));
      QemuTools.assertClean(hurt, directory.resolve("d"));
    }
  }

  @Test
  void whereThereIsNoRoom_itIsRefused_andTheImageServesAsBefore() {
    String longName = "b".repeat(200) + ".raw";
    Map<String, String> shapes =
        Map.of(
            "cluster_size=512,backing_fmt=raw,backing_file=" + longName, "no room",
            "cluster_size=65536,backing_fmt=raw,backing_file=" + longName, "");
    shapes.forEach(
        (options, refusal) -> {
          MemoryNode file = image(options);
          BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
          if (refusal.isEmpty()) {
            assertThat(store.fenceRefusal(1)).as(options).isEmpty();
            return;
          }
          assertThat(store.fenceRefusal(1).orElseThrow()).as(options).contains(refusal);
          file.log().reset();
          assertThatThrownBy(() -> FencedImage.arm(store, FENCE))
              .hasMessageContaining("cannot carry a fence");
          assertThat(file.log().changes()).isZero();
          store.arm();
          FencedImage.seal(store, 1);
        });
  }

  @Test
  void refusals_sayWhy() {
    MemoryNode file = image("cluster_size=65536");
    TestHost host = FencedImage.host(file);
    BitmapStore off = (BitmapStore) host.open(new Qcow2Driver(), Map.of("fence", false));
    assertThat(off.fenceRefusal(1)).contains("");
    BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
    assertThat(store.fenceRefusal(65_534)).isEmpty();
    assertThat(store.fenceRefusal(65_535).orElseThrow()).contains("65535 bitmaps");
    store.arm();
    Path taken = QemuTools.save(file, directory.resolve("t"));
    QemuTools.run("qemu-img", "bitmap", "--add", "-g", "65536", taken, "ashlar.fence");
    BitmapStore named = FencedImage.look(QemuTools.load(taken));
    assertThat(named.directory()).hasSize(2);
    assertThat(named.fenceRefusal(2).orElseThrow()).contains("has the name 'ashlar.fence'");
  }

  @Test
  void anythingPartial_isBroken_andSaysWhat() {
    MemoryNode file = armed();
    Header whole = HeaderCodec.read(file, "d");
    Header.Builder b = whole.toBuilder();
    b.autoclear &= ~FenceHeader.MASK;
    assertBroken(file, b, "another program opened the image for writing");
    b = whole.toBuilder();
    b.extension(HeaderExtension.FEATURE_NAMES, FeatureNames.ofQemu());
    assertBroken(file, b, "feature name is gone");
    b = whole.toBuilder();
    b.extension(FenceExtension.TYPE, null);
    assertBroken(file, b, "the extension that it belongs to is not");
    byte[] data = whole.extension(FenceExtension.TYPE).orElseThrow().data();
    for (int at = 2; at < data.length; at++) {
      byte[] torn = data.clone();
      torn[at] ^= 1;
      b = whole.toBuilder();
      b.extension(FenceExtension.TYPE, new HeaderExtension(FenceExtension.TYPE, torn));
      assertBroken(file, b, "checksum");
    }
    byte[] newer = data.clone();
    newer[1] = 2;
    b = whole.toBuilder();
    b.extension(FenceExtension.TYPE, new HeaderExtension(FenceExtension.TYPE, newer));
    assertBroken(file, b, "version 2");
    b = whole.toBuilder();
    b.extensions.add(0, new HeaderExtension(0x11223344, new byte[300]));
    assertBroken(file, b, "not in its first sector");
    b = whole.toBuilder();
    b.extensions.add(new HeaderExtension(FenceExtension.TYPE, data));
    assertBroken(file, b, "two fences");
    b = whole.toBuilder();
    b.autoclear &= ~Header.AUTOCLEAR_BITMAPS;
    assertBroken(file, b, "does not know bitmaps");
    for (int field : new int[] {7, 12 + 3}) { // the table's place, the flags
      MemoryNode copy = file.copy();
      BitmapDirectory listed =
          BitmapDirectory.read(whole, copy.length(), (o, t) -> copy.read(o, t, 0), "d");
      DirectoryEntry sentinel = listed.sentinel().orElseThrow();
      long at = whole.bitmaps().orElseThrow().directoryOffset() + sentinel.position() + field;
      copy.put(at, new byte[] {(byte) (field == 7 ? 0 : 1)});
      if (field == 7) {
        copy.put(at - 2, new byte[] {1}); // another aligned place
      }
      assertThat(FencedImage.look(copy).fence()).isInstanceOf(Broken.class);
    }
  }

  private static void assertBroken(MemoryNode file, Header.Builder header, String reason) {
    MemoryNode copy = file.copy();
    copy.put(0, HeaderLayout.encode(header.build()));
    FenceReport report = FencedImage.look(copy).fence();
    assertThat(report).isInstanceOf(Broken.class);
    assertThat(((Broken) report).reason()).contains(reason);
    // Whatever is left of it goes with the next arming, and nothing else changes.
    BitmapStore store = (BitmapStore) FencedImage.host(copy).open(new Qcow2Driver());
    store.arm();
    assertThat(store.fence()).isEqualTo(FenceReport.NONE);
    BitmapStore next = (BitmapStore) FencedImage.host(copy.crashed()).open(new Qcow2Driver());
    if (next.fenceRefusal(1).isEmpty()) {
      FencedImage.arm(next, OTHER);
      assertThat(next.fence()).isEqualTo(new Whole(OTHER));
    }
  }

  private MemoryNode image(String options) {
    try {
      Files.write(directory.resolve("some-base.raw"), new byte[1 << 20]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path image = QemuTools.create(directory.resolve("a"), options, "1M");
    MemoryNode file = QemuTools.load(image);
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    ((BitmapStore) node)
        .stage(
            List.of(
                new BitmapEntry.Written(
                    "one", FencedImage.GRANULARITY, true, false, BitArray.of(3))))
        .publish();
    node.close();
    return file;
  }

  private MemoryNode armed() {
    MemoryNode file = image("cluster_size=65536");
    BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
    FencedImage.arm(store, FENCE);
    ((BlockNode) store).flush(); // with the counts of the directory before
    return file.crashed();
  }

  private static long count(List<Entry> entries, Operation operation) {
    return entries.stream().filter(e -> e.operation() == operation).count();
  }

  private static List<Entry> header(List<Entry> entries) {
    return entries.stream()
        .filter(e -> e.operation() == Operation.WRITE && e.offset() < 512)
        .toList();
  }
}
