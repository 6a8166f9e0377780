package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore.StagedDirectory;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Qcow2BitmapsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"cluster_size=512", "cluster_size=65536", "cluster_size=2M"})
  void testBitmapOfQemu_loadsWithItsBits(String options) {
    Path image = QemuTools.create(directory.resolve("a"), options, "64M");
    QemuTools.run("qemu-img", "bitmap", "--add", "-g", "4096", image, "fine");
    QemuTools.run("qemu-img", "bitmap", "--add", "--disable", "-g", "65536", image, "coarse");
    QemuTools.io(image, "write 0 4k", "write 10M 8k", "write 66060288 1048576");
    Qcow2Bitmaps bitmaps = bitmaps(QemuTools.load(image));

    List<StoredBitmap> stored = bitmaps.directory();
    assertThat(stored).extracting(StoredBitmap::name).containsExactly("fine", "coarse");
    assertThat(stored).extracting(StoredBitmap::granularity).containsExactly(4096L, 65536L);
    assertThat(stored).extracting(StoredBitmap::enabled).containsExactly(true, false);
    assertThat(stored).allMatch(s -> !s.inUse() && s.unusable() == null);
    BitArray fine = new BitArray();
    bitmaps.load(stored.get(0), fine);
    BitArray expected = BitArray.of(0, 2560, 2561);
    expected.bits.set(66060288 / 4096, (66060288 + 1048576) / 4096);
    assertThat(fine.bits).isEqualTo(expected.bits);
    BitArray coarse = new BitArray();
    bitmaps.load(stored.get(1), coarse);
    assertThat(coarse.bits.isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cluster_size=512", "cluster_size=4096", "cluster_size=65536"})
  void testBitmapsOfOurs_areReadByQemu(String options) {
    Path image = QemuTools.create(directory.resolve("a"), options, 64 << 20);
    MemoryNode node = QemuTools.load(image);
    Qcow2Bitmaps bitmaps = bitmaps(node);
    BitArray bits = BitArray.of(0, 3, 64, 300, 1023);
    bitmaps
        .stage(
            List.of(
                new BitmapEntry.Written("one", 65536, true, false, bits),
                new BitmapEntry.Written("zwei ü", 1 << 20, false, false, BitArray.of(5))))
        .publish();

    node.flush();
    QemuTools.save(node, image);
    QemuTools.assertClean(image);
    String info = QemuTools.run("qemu-img", "info", "--output=json", image);
    assertThat(info).contains("\"name\": \"one\"", "\"granularity\": 1048576", "auto");
    assertThat(info).doesNotContain("in-use");
    assertThat(dirty(image, "one"))
        .isEqualTo(
            "[0-65536][196608-262144][4194304-4259840]" + "[19660800-19726336][67043328-67108864]");
    // QEMU changes and stores them again, and we read that.
    QemuTools.io(image, "write 65536 65536");
    bitmaps = bitmaps(QemuTools.load(image));
    BitArray back = new BitArray();
    bitmaps.load(bitmaps.directory().get(0), back);
    bits.bits.set(1);
    assertThat(back.bits).isEqualTo(bits.bits);
    assertThat(bitmaps.directory().get(1).name()).isEqualTo("zwei ü");
  }

  @Test
  void testArm_writesFlagWordsAndFlushesOnce() {
    MemoryNode node = withBitmaps(3);
    Qcow2Bitmaps bitmaps = bitmaps(node);
    List<StoredBitmap> before = bitmaps.directory();
    byte[] disk = node.get(0, (int) node.length());
    node.log().start();

    bitmaps.arm();

    assertThat(node.log().entries())
        .filteredOn(e -> e.operation() == Operation.WRITE)
        .hasSize(1)
        .allMatch(e -> e.length() <= 512);
    assertThat(node.log().entries()).filteredOn(e -> e.operation() == Operation.FLUSH).hasSize(1);
    byte[] after = node.crashed().get(0, disk.length);
    int changed = 0;
    for (int i = 0; i < disk.length; i++) {
      if (disk[i] != after[i]) {
        changed++;
        assertThat(disk[i] ^ after[i]).isEqualTo(1);
      }
    }
    assertThat(changed).isEqualTo(3);
    assertThat(bitmaps.directory()).allMatch(StoredBitmap::inUse);
    node.log().reset();
    bitmaps.arm();
    assertThat(node.log().changes()).isZero();
    assertThat(node.log().count(Operation.FLUSH)).isZero();
    assertThatThrownBy(() -> bitmaps.load(before.get(0), new BitArray()))
        .hasMessageContaining("in use");
    Path image = QemuTools.save(node, directory.resolve("armed"));
    QemuTools.assertClean(image);
    assertThat(QemuTools.run("qemu-img", "info", image)).contains("in-use");
  }

  @Test
  void testFailedArm_isWrittenAndFlushedAgain() {
    for (Operation failing : List.of(Operation.WRITE, Operation.FLUSH)) {
      MemoryNode node = withBitmaps(2);
      Qcow2Bitmaps bitmaps = bitmaps(node);
      node.faults().failOnce(failing, 1, ErrorCode.IO_ERROR);
      assertThatThrownBy(bitmaps::arm).isInstanceOf(BlockException.class);
      assertThat(bitmaps(node.crashed()).directory()).noneMatch(StoredBitmap::inUse);

      bitmaps.arm();
      assertThat(bitmaps(node.crashed()).directory()).allMatch(StoredBitmap::inUse);
    }
  }

  @Test
  void testFlagsThatAnotherOneCouldNotFlush_areWrittenAndFlushedAgain() {
    MemoryNode node = withBitmaps(2);
    Qcow2Bitmaps before = bitmaps(node);
    node.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    assertThatThrownBy(before::arm).isInstanceOf(BlockException.class);

    Qcow2Bitmaps bitmaps = bitmaps(node);
    assertThat(bitmaps.directory()).as("as it is read").allMatch(StoredBitmap::inUse);
    assertThat(bitmaps(node.crashed()).directory()).noneMatch(StoredBitmap::inUse);
    bitmaps.arm();
    assertThat(bitmaps(node.crashed()).directory()).allMatch(StoredBitmap::inUse);
  }

  @Test
  void testCrashAnywhereInStageAndPublish_showsOldOrNewAndOnlyLeaks() {
    MemoryNode start = withBitmaps(2);
    bitmaps(start).arm();
    int crashes = 0;
    for (int stop = 1; ; stop++) {
      MemoryNode node = start.copy();
      int[] left = {stop};
      node.faults()
          .hook(
              (operation, offset, length) -> {
                if (operation != Operation.READ && --left[0] == 0) {
                  throw new BlockException(ErrorCode.IO_ERROR, "crash");
                }
              });
      boolean done = false;
      PlainSpace space = new PlainSpace(node);
      try {
        Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
        StagedDirectory staged =
            bitmaps.stage(
                List.of(
                    new BitmapEntry.Kept(bitmaps.directory().get(1), true),
                    new BitmapEntry.Written("b0", 65536, true, false, BitArray.of(7, 500))));
        staged.publish();
        space.flushRefcounts();
        done = true;
      } catch (BlockException e) {
        crashes++;
      }
      node.faults().clear();
      for (MemoryNode disk : List.of(node.crashed(), node.copy())) {
        Path image = QemuTools.save(disk, directory.resolve("crash"));
        int exit = QemuTools.outcome("qemu-img", "check", image).exit();
        // A failure while the old clusters are freed is no failure of the publish.
        assertThat(exit).as("stop %d", stop).isIn(left[0] > 0 ? List.of(0) : List.of(0, 3));
        Qcow2Bitmaps seen = bitmaps(disk);
        List<StoredBitmap> found = seen.directory();
        boolean old = found.stream().allMatch(StoredBitmap::inUse);
        if (old) {
          assertThat(found).extracting(StoredBitmap::name).containsExactly("b0", "b1");
          assertThat(done).isFalse();
        } else {
          BitArray bits = new BitArray();
          seen.load(found.get(1), bits);
          assertThat(bits.bits).isEqualTo(BitArray.of(7, 500).bits);
          assertThat(found.get(0).inUse()).isTrue();
        }
      }
      if (left[0] > 0) {
        break;
      }
    }
    assertThat(crashes).isGreaterThan(5);
  }

  @Test
  void testWritesThatOvertakeEachOther_showOldOrNewAndOnlyLeaks() {
    MemoryNode node = withBitmaps(2);
    CrashLog log = new CrashLog(node);
    PlainSpace space = new PlainSpace(log);
    Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
    bitmaps.arm();
    bitmaps.stage(List.of(written("b0", 9))).publish();
    space.flushRefcounts();
    int states = 0;
    for (MemoryNode disk : log.states()) {
      int exit = QemuTools.outcome("qemu-img", "check", save(disk)).exit();
      assertThat(exit).isIn(0, 3);
      if (bitmaps(disk).directory().size() == 1) {
        assertThat(load(disk, 0)).isEqualTo(BitArray.of(9).bits);
      } else {
        assertThat(bitmaps(disk).directory()).hasSize(2);
      }
      states++;
    }
    assertThat(states).isGreaterThan(8);
  }

  @Test
  void testBitsBehindTheEndOfTheDisk_meanNothing() {
    Path image = QemuTools.create(directory.resolve("odd"), "cluster_size=4096", 100 * 65536);
    MemoryNode node = QemuTools.load(image);
    BitArray bits = new BitArray();
    bits.bits.set(0, 1000);
    bitmaps(node).stage(List.of(new BitmapEntry.Written("b", 65536, true, false, bits))).publish();
    assertThat(load(node, 0).cardinality()).isEqualTo(100);
    long entry = HeaderCodec.read(node, "x").bitmaps().orElseThrow().directoryOffset();
    long table = ByteBuffer.wrap(node.get(entry, 8)).getLong();
    long data = ByteBuffer.wrap(node.get(table, 8)).getLong();
    // What was written ends with zeroes.
    assertThat(node.get(data, 16)[12]).isEqualTo((byte) 0x0F);
    assertThat(node.get(data + 13, 4083)).containsOnly(0);
    byte[] ones = new byte[4096];
    java.util.Arrays.fill(ones, (byte) -1);
    node.put(data, ones);
    assertThat(load(node, 0).cardinality()).isEqualTo(100);
  }

  @Test
  void testPublishOfUnknownOutcome_keepsBothAndMayBeRepeated() {
    MemoryNode node = withBitmaps(1);
    PlainSpace space = new PlainSpace(node);
    Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
    bitmaps.arm();
    StagedDirectory staged = bitmaps.stage(List.of(written("b0", 9)));
    node.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    assertThatThrownBy(staged::publish).isInstanceOf(BlockException.class);
    staged.discard();
    for (MemoryNode disk : List.of(node.crashed(), node.copy())) {
      int exit = QemuTools.outcome("qemu-img", "check", save(disk)).exit();
      assertThat(exit).isIn(0, 3);
      assertThat(bitmaps(disk).directory()).hasSize(1);
    }

    staged.publish();
    space.flushRefcounts();
    QemuTools.assertClean(save(node.crashed()));
    assertThat(load(node.crashed(), 0)).isEqualTo(BitArray.of(9).bits);
  }

  @Test
  void testArmAfterAPublishOfUnknownOutcome_goesBackToTheOldDirectory() {
    MemoryNode node = withBitmaps(1);
    PlainSpace space = new PlainSpace(node);
    Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
    bitmaps.arm();
    StagedDirectory staged = bitmaps.stage(List.of(written("b0", 9)));
    node.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    assertThatThrownBy(staged::publish).isInstanceOf(BlockException.class);
    assertThat(bitmaps(node.copy()).directory()).noneMatch(StoredBitmap::inUse);

    bitmaps.arm();

    assertThat(bitmaps(node.crashed()).directory()).allMatch(StoredBitmap::inUse);
    space.flushRefcounts();
    QemuTools.assertClean(save(node.crashed()));
    assertThatThrownBy(staged::publish).hasMessageContaining("given up");
  }

  @Test
  void testNoSpaceInStage_freesEverything() {
    for (int nth = 1; nth < 6; nth++) {
      MemoryNode node = withBitmaps(1);
      PlainSpace space = new PlainSpace(node);
      Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
      node.faults().failOnce(Operation.WRITE, nth, ErrorCode.NO_SPACE);
      BlockException e =
          catchThrowableOfType(
              BlockException.class,
              () -> bitmaps.stage(List.of(written("x", 9), written("y", 10))));
      assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE);
      space.flushRefcounts();
      QemuTools.assertClean(save(node));
      bitmaps.stage(List.of(written("x", 9))).discard();
      space.flushRefcounts();
      QemuTools.assertClean(save(node));
    }
  }

  @Test
  void testLastBitmapRemoved_dropsExtensionAndBit() {
    MemoryNode node = withBitmaps(2);
    PlainSpace space = new PlainSpace(node);
    new Qcow2Bitmaps(space).stage(List.of()).publish();
    space.flushRefcounts();

    Header header = HeaderCodec.read(node.crashed(), "x");
    assertThat(header.storedBitmaps()).isEmpty();
    assertThat(header.autoclear()).isZero();
    QemuTools.assertClean(save(node.crashed()));
  }

  @Test
  void testEntriesNobodyUnderstands_areKeptByteForByteAndRemovable() {
    MemoryNode node = withBitmaps(3);
    BitmapsExtension place = HeaderCodec.read(node, "x").bitmaps().orElseThrow();
    // Type 9 in the second entry, an unknown flag in the third.
    int length = (int) place.directorySize() / 3;
    node.put(place.directoryOffset() + length + 16, new byte[] {9});
    node.put(place.directoryOffset() + 2L * length + 12, new byte[] {0x40});
    PlainSpace space = new PlainSpace(node);
    Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
    List<StoredBitmap> found = bitmaps.directory();
    assertThat(found.get(1).unusable()).contains("unknown type 9");
    assertThat(found.get(2).unusable()).contains("unknown flags 0x40000002");
    byte[] raw = node.get(place.directoryOffset() + length, 2 * length);

    bitmaps.arm();
    assertThat(node.get(place.directoryOffset() + length, 2 * length)).isEqualTo(raw);
    assertThat(bitmaps.directory().get(0).inUse()).isTrue();
    assertThatThrownBy(() -> bitmaps.load(found.get(1), new BitArray()))
        .hasMessageContaining("unknown type 9");
    bitmaps
        .stage(
            List.of(
                new BitmapEntry.Kept(found.get(1), true),
                new BitmapEntry.Kept(found.get(2), false),
                written("new", 3)))
        .publish();
    BitmapsExtension now = space.header().bitmaps().orElseThrow();
    assertThat(node.get(now.directoryOffset(), 2 * length)).isEqualTo(raw);
    bitmaps.stage(List.of()).publish();
    assertThat(bitmaps.directory()).isEmpty();
  }

  @Test
  void testDamagedDirectory_isToldAndNothingIsAllocatedByIt() {
    MemoryNode good = withBitmaps(2);
    Header header = HeaderCodec.read(good, "x");
    BitmapsExtension place = header.bitmaps().orElseThrow();
    long offset = place.directoryOffset();
    List<BitmapsExtension> bad = new ArrayList<>();
    bad.add(new BitmapsExtension(0, place.directorySize(), offset));
    bad.add(new BitmapsExtension(65536, 1 << 21, offset));
    bad.add(new BitmapsExtension(1, place.directorySize(), offset));
    bad.add(new BitmapsExtension(3, place.directorySize() + 8, offset));
    bad.add(new BitmapsExtension(2, place.directorySize() + 8, offset));
    bad.add(new BitmapsExtension(2, 65_535L * 1024 + 1, offset));
    bad.add(new BitmapsExtension(2, -1, offset));
    bad.add(new BitmapsExtension(2, place.directorySize(), offset + 8));
    bad.add(new BitmapsExtension(2, place.directorySize(), 0));
    bad.add(new BitmapsExtension(2, 60 << 20, offset));
    bad.add(new BitmapsExtension(2, place.directorySize(), 1L << 62));
    for (BitmapsExtension extension : bad) {
      MemoryNode node = good.copy();
      node.put(0, HeaderCodec.encode(header.withBitmaps(extension)));
      Qcow2Bitmaps damaged = bitmaps(node);
      assertThat(damaged.directory())
          .as("%s", extension)
          .singleElement()
          .matches(b -> b.unusable().contains("the header names"));
      BlockException e =
          catchThrowableOfType(
              BlockException.class, () -> damaged.checkStorable("a", 65536, 64 << 20, 0));
      assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CORRUPT);
    }
  }

  @Test
  void testDamagedTables_areFoundAtLoad() {
    MemoryNode good = withBitmaps(1);
    BitmapsExtension place = HeaderCodec.read(good, "x").bitmaps().orElseThrow();
    long table = ByteBuffer.wrap(good.get(place.directoryOffset(), 8)).getLong();
    for (long entry : new long[] {2, 1L << 60, 65536 | 1, 512, 1L << 50}) {
      MemoryNode node = good.copy();
      node.put(table, ByteBuffer.allocate(8).putLong(0, entry).array());
      Qcow2Bitmaps bitmaps = bitmaps(node);
      assertThatThrownBy(() -> bitmaps.load(bitmaps.directory().get(0), new BitArray()))
          .hasMessageContaining("entry 0 of the table of bitmap 'b0' is damaged");
    }
    MemoryNode ones = good.copy();
    ones.put(table, ByteBuffer.allocate(8).putLong(0, 1).array());
    assertThat(load(ones, 0).cardinality()).isEqualTo(1024);
  }

  @Test
  void testWithoutAutoclearBit_thereAreNoBitmaps() {
    MemoryNode node = withBitmaps(2);
    node.put(88, new byte[8]);
    assertThat(bitmaps(node).directory()).isEmpty();
    node.log().reset();
    bitmaps(node).arm();
    assertThat(node.log().changes()).isZero();
  }

  @Test
  void testLimits_areRefusedBeforeAnythingIsWritten() {
    MemoryNode node = withBitmaps(1);
    Qcow2Bitmaps bitmaps = bitmaps(node);
    long size = 64 << 20;
    assertThatThrownBy(() -> bitmaps.checkStorable("", 65536, size, 0))
        .hasMessageContaining("name");
    assertThatThrownBy(() -> bitmaps.checkStorable("x".repeat(1024), 65536, size, 0))
        .hasMessageContaining("1024");
    assertThatThrownBy(() -> bitmaps.checkStorable("a\0b", 65536, size, 0))
        .hasMessageContaining("NUL");
    assertThatThrownBy(() -> bitmaps.checkStorable("a", 256, size, 0)).hasMessageContaining("256");
    assertThatThrownBy(() -> bitmaps.checkStorable("a", 1L << 32, size, 0))
        .hasMessageContaining("4294967296");
    assertThatThrownBy(() -> bitmaps.checkStorable("a", 512, 1L << 42, 0))
        .hasMessageContaining("512 MiB");
    assertThatThrownBy(() -> bitmaps.checkStorable("a", 512, size, 65534))
        .hasMessageContaining("already reached: 65534");
    assertThatThrownBy(() -> bitmaps.checkStorable("ashlar.fence", 512, size, 0))
        .hasMessageContaining("kept for the fence");
    bitmaps.checkStorable("a", 512, 1L << 41, 65533);
    assertThatThrownBy(() -> bitmaps.stage(List.of(written("a", 1), written("a", 2))))
        .hasMessageContaining("named twice");
    StoredBitmap gone = new StoredBitmap(4, "gone", 65536, false, true, null);
    assertThatThrownBy(() -> bitmaps.stage(List.of(new BitmapEntry.Kept(gone, true))))
        .hasMessageContaining("no stored bitmap 'gone'");
    assertThat(node.log().changes()).isZero();

    Qcow2Bitmaps old =
        bitmaps(QemuTools.load(QemuTools.create(directory.resolve("v2"), "compat=0.10", "1M")));
    assertThatThrownBy(() -> old.checkStorable("a", 65536, 1 << 20, 0)).hasMessageContaining("v2");
  }

  private static BitmapEntry written(String name, int bit) {
    return new BitmapEntry.Written(name, 65536, true, false, BitArray.of(bit));
  }

  /** A 64 MiB disk with sealed bitmaps b0, b1 ... that each have one bit set. */
  private MemoryNode withBitmaps(int count) {
    MemoryNode node =
        QemuTools.load(QemuTools.create(directory.resolve("start"), "compat=1.1", "64M"));
    List<BitmapEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(written("b" + i, i));
    }
    bitmaps(node).stage(entries).publish();
    node.flush();
    node.log().reset();
    return node;
  }

  private static java.util.BitSet load(MemoryNode node, int index) {
    Qcow2Bitmaps bitmaps = bitmaps(node);
    BitArray bits = new BitArray();
    bitmaps.load(bitmaps.directory().get(index), bits);
    return bits.bits;
  }

  private Path save(MemoryNode node) {
    return QemuTools.save(node, directory.resolve("saved"));
  }

  private static Qcow2Bitmaps bitmaps(MemoryNode node) {
    return new Qcow2Bitmaps(new PlainSpace(node));
  }

  /** The dirty ranges of a bitmap as an NBD client sees them. */
  private String dirty(Path image, String bitmap) {
    Path socket = directory.resolve("nbd.sock");
    Process server = null;
    try {
      server =
          new ProcessBuilder(
                  "qemu-nbd",
                  "-r",
                  "-t",
                  "-f",
                  "qcow2",
                  "-B",
                  bitmap,
                  "-k",
                  socket.toString(),
                  "--fork",
                  "--pid-file",
                  directory.resolve("pid").toString(),
                  image.toString())
              .inheritIO()
              .start();
      assertThat(server.waitFor()).isZero();
      String map =
          QemuTools.run(
              "qemu-img",
              "map",
              "--output=json",
              "--image-opts",
              "driver=nbd,server.type=unix,server.path="
                  + socket
                  + ",x-dirty-bitmap=qemu:dirty-bitmap:"
                  + bitmap);
      StringBuilder ranges = new StringBuilder();
      java.util.regex.Matcher m =
          java.util.regex.Pattern.compile(
                  "\"start\": (\\d+), \"length\": (\\d+).*?\"data\": (true|false)")
              .matcher(map);
      while (m.find()) {
        if (m.group(3).equals("false")) {
          long from = Long.parseLong(m.group(1));
          ranges.append('[').append(from).append('-');
          ranges.append(from + Long.parseLong(m.group(2))).append(']');
        }
      }
      return ranges.toString();
    } catch (java.io.IOException e) {
      return org.junit.jupiter.api.Assumptions.abort("qemu-nbd is not installed");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      try {
        long pid = Long.parseLong(java.nio.file.Files.readString(directory.resolve("pid")).strip());
        // It holds the image's locks until it has really ended.
        ProcessHandle.of(pid)
            .ifPresent(
                handle -> {
                  handle.destroy();
                  handle.onExit().join();
                });
      } catch (java.io.IOException e) {
        assertThat(server).as("the server never started").isNull();
      }
    }
  }
}
