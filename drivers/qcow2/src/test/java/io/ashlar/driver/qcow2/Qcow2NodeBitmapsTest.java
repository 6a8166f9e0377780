package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bitmaps through an open node, beside its allocator and caches. */
class Qcow2NodeBitmapsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {512, 4096, 65536})
  void testCyclesOfArmWriteAndStore_leaveACleanImage(long clusterSize) {
    MemoryNode file = image(clusterSize);
    for (int cycle = 0; cycle < 5; cycle++) {
      BlockNode node = open(file);
      BitmapStore store = (BitmapStore) node;
      store.arm();
      assertThat(Qcow2Inspector.inspect(file.crashed()).orElseThrow().bitmaps())
          .allMatch(StoredBitmap::inUse);
      BitArray bits = new BitArray();
      for (int i = 0; i < 40; i++) {
        long at = (cycle * 40L + i) * 8192 % (4 << 20);
        node.write(at, ByteBuffer.allocate(700), 0);
        bits.bits.set((int) (at / 4096));
      }
      store.stage(List.of(written("b", bits), written("other", BitArray.of(cycle)))).publish();
      List<StoredBitmap> stored = store.directory();
      assertThat(stored).noneMatch(StoredBitmap::inUse);
      BitArray back = new BitArray();
      store.load(stored.get(0), back);
      assertThat(back.bits).isEqualTo(bits.bits);
      assertThat(exit(file.crashed())).isIn(0, 3);
      node.close();
      QemuTools.assertClean(file, directory.resolve("disk"));
    }
    String info = QemuTools.run("qemu-img", "info", QemuTools.save(file, directory.resolve("d")));
    assertThat(info).contains("name: other", "auto").doesNotContain("in-use");
  }

  @Test
  void testOneFailureAnywhere_isToldAndTheNextAttemptSucceeds() {
    MemoryNode start = image(4096);
    BlockNode first = open(start);
    ((BitmapStore) first).stage(List.of(written("b", BitArray.of(1)))).publish();
    first.close();
    int failures = 0;
    for (int stop = 1; ; stop++) {
      MemoryNode file = start.copy();
      BlockNode node = open(file);
      BitmapStore store = (BitmapStore) node;
      store.load(store.directory().get(0), new BitArray());
      node.write(100_000, ByteBuffer.allocate(700), 0);
      int[] left = {stop};
      file.faults()
          .hook(
              (operation, offset, length) -> {
                if (operation != Operation.READ && --left[0] == 0) {
                  throw new BlockException(ErrorCode.IO_ERROR, "once");
                }
              });
      boolean failed = false;
      try {
        store.arm();
        store.stage(List.of(written("b", BitArray.of(9, 24)))).publish();
      } catch (BlockException e) {
        failed = true;
        failures++;
      }
      boolean reached = left[0] <= 0;
      file.faults().clear();
      assertThat(exit(file.crashed())).as("stop %d", stop).isIn(0, 3);
      assertThat(exit(file.copy())).as("stop %d", stop).isIn(0, 3);
      if (failed) {
        // As the engine does: arm before guests go on, then store again.
        store.arm();
        assertThat(Qcow2Inspector.inspect(file.crashed()).orElseThrow().bitmaps())
            .allMatch(StoredBitmap::inUse);
        node.write(200_000, ByteBuffer.allocate(700), 0);
        store.stage(List.of(written("b", BitArray.of(9, 24)))).publish();
        flushTelling(node);
      }
      BitArray back = new BitArray();
      store.load(store.directory().get(0), back);
      assertThat(back.bits).isEqualTo(BitArray.of(9, 24).bits);
      node.close();
      QemuTools.assertClean(file, directory.resolve("disk"));
      if (!reached) {
        break;
      }
    }
    assertThat(failures).isGreaterThan(5);
  }

  @Test
  void testFullDisk_leavesTheOldBitmapsAndGoesOnWhenSpaceIsBack() {
    MemoryNode file = image(4096);
    BlockNode node = open(file);
    BitmapStore store = (BitmapStore) node;
    store.stage(List.of(written("b", BitArray.of(1)))).publish();
    store.arm();
    node.flush();
    file.capacity(file.length());
    BitArray many = new BitArray();
    many.bits.set(0, 1024);
    BitmapEntry fine = new BitmapEntry.Written("fine", 512, true, false, many);
    // Clusters that were freed may still hold a little: the many bitmaps do not fit.
    List<BitmapEntry> entries = new java.util.ArrayList<>();
    for (int i = 0; i < 200; i++) {
      entries.add(new BitmapEntry.Written("fine" + i, 512, true, false, many));
    }
    assertThatThrownBy(() -> store.stage(entries))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE));
    assertThat(store.directory()).singleElement().matches(StoredBitmap::inUse);
    assertThat(exit(file.copy())).isIn(0, 3);

    file.capacity(Long.MAX_VALUE);
    store.stage(List.of(fine)).publish();
    node.close();
    QemuTools.assertClean(file, directory.resolve("disk"));
  }

  /** What a failed flush may have lost of the guest's data is told to the guest, once. */
  private static void flushTelling(BlockNode node) {
    try {
      node.flush();
    } catch (BlockException told) {
      assertThat(told).hasMessage("once");
      node.flush();
    }
  }

  private int exit(MemoryNode disk) {
    return QemuTools.outcome("qemu-img", "check", QemuTools.save(disk, directory.resolve("exit")))
        .exit();
  }

  private static BitmapEntry written(String name, BitArray bits) {
    return new BitmapEntry.Written(name, 4096, true, false, bits);
  }

  private static MemoryNode image(long clusterSize) {
    MemoryNode file = MemoryNode.growing();
    TestHost.create()
        .child("file", file)
        .create(new Qcow2Driver(), Map.of("size", 4L << 20, "cluster-size", clusterSize));
    BlockNode node = open(file);
    ((BitmapStore) node).stage(List.of(written("b", new BitArray()))).publish();
    node.close();
    return file;
  }

  private static BlockNode open(MemoryNode file) {
    return TestHost.create().child("file", file).open(new Qcow2Driver());
  }
}
