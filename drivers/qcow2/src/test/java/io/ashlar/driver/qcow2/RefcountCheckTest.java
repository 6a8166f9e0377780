package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefcountCheckTest {
  @TempDir static Path directory;
  private static MemoryNode base;

  /** A disk with data, zero clusters of both kinds, compressed clusters and a bitmap. */
  @BeforeAll
  static void makeImage() {
    base = image("cluster_size=4096,refcount_bits=16");
  }

  private static MemoryNode image(String options) {
    Path image = QemuTools.create(directory.resolve("base"), options, "4M");
    QemuTools.run("qemu-img", "bitmap", "--add", "-g", "512", image, "bm");
    QemuTools.io(
        image,
        "write -P 1 0 64k",
        "write -P 2 3M 100k",
        "write -z 8k 4k",
        "write -z -u 12k 4k",
        "write -P 3 2M 3k");
    int clusterSize = HeaderCodec.read(QemuTools.load(image), "x").clusterSize();
    int step = Math.max(4096, clusterSize);
    for (int i = 0; i < 8; i++) {
      int at = (1 << 20) + i * step;
      QemuTools.io(image, "write -c -P " + (40 + i) + " " + at + " " + step);
    }
    return QemuTools.load(image);
  }

  /** What is done to the image. */
  private enum Damage {
    NOTHING,
    LEAKED_CLUSTER,
    REFCOUNT_TWO_ON_DATA,
    REFCOUNT_ZERO_ON_DATA,
    REFCOUNT_ZERO_ON_HEADER,
    REFCOUNT_ZERO_ON_L2,
    DATA_SHARED_WITHOUT_COPIED,
    COPIED_MISSING_ON_DATA,
    COPIED_MISSING_ON_L1,
    RESERVED_BIT_IN_L2,
    RESERVED_BIT_IN_L1,
    DATA_UNALIGNED,
    ZERO_UNALIGNED,
    L2_UNALIGNED,
    DATA_BEHIND_THE_END,
    L2_BEHIND_THE_END,
    COPIED_ON_COMPRESSED,
    DATA_SHARED,
    BLOCK_UNALIGNED,
    BLOCK_BEHIND_THE_END,
    BLOCK_MISSING,
    BLOCK_TWICE,
    DATA_IS_A_REFCOUNT_BLOCK;

    /** Whether the check of QEMU can mend it all. */
    boolean mendable() {
      return switch (this) {
        case RESERVED_BIT_IN_L2,
            RESERVED_BIT_IN_L1,
            DATA_UNALIGNED,
            L2_UNALIGNED,
            DATA_BEHIND_THE_END,
            L2_BEHIND_THE_END,
            COPIED_ON_COMPRESSED,
            DATA_SHARED,
            DATA_SHARED_WITHOUT_COPIED,
            DATA_IS_A_REFCOUNT_BLOCK ->
            false;
        default -> true;
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void testFindings_countWhatQemuCounts(Damage damage) {
    MemoryNode node = damaged(base, damage);
    CheckResult ours = check(node, Repair.NONE);

    long[] theirs = qemu(node);
    assertThat(node.log().changes()).isZero();
    if (damage == Damage.L2_UNALIGNED || damage == Damage.BLOCK_UNALIGNED) {
      // QEMU walks the misplaced table, or gives up comparing; here neither.
      assertThat(ours.corruptions()).isPositive();
      assertThat(theirs[0]).isPositive();
    } else {
      Checkable.Layout layout = ours.layout();
      assertThat(
              new long[] {
                ours.corruptions(),
                ours.leaks(),
                layout.imageEnd(),
                layout.total(),
                layout.allocated(),
                layout.fragmented(),
                layout.compressed()
              })
          .as("%s", ours.findings())
          .isEqualTo(theirs);
    }
    assertThat(ours.findings()).hasSize((int) (ours.corruptions() + ours.leaks()));
    assertThat(damage == Damage.NOTHING).isEqualTo(ours.findings().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void testRepairOfAll_leavesACleanImageWithTheSameContent(Damage damage) {
    if (!damage.mendable()) {
      return;
    }
    MemoryNode node = damaged(base, damage);
    // Dirty, corrupt.
    node.put(79, new byte[] {3});
    CheckResult ours = check(node, Repair.ALL);

    assertThat(ours.corruptionsFixed()).isEqualTo(ours.corruptions());
    assertThat(ours.leaksFixed()).isEqualTo(ours.leaks());
    MemoryNode disk = node.crashed();
    assertThat(HeaderCodec.read(disk, "x").incompatible()).isZero();
    QemuTools.assertClean(disk, directory.resolve("mended"));
    assertSameContent(disk, base);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cluster_size=512,refcount_bits=1",
        "cluster_size=512,refcount_bits=64",
        "cluster_size=65536,refcount_bits=2",
        "cluster_size=65536,lazy_refcounts=on"
      })
  void testDirtyImageWithoutRefcounts_isRebuilt(String options) {
    MemoryNode whole = image(options);
    MemoryNode node = whole.copy();
    Header header = HeaderCodec.read(node, "x");
    int table = header.refcountTableClusters() << header.clusterBits();
    for (long at = header.refcountTableOffset(); table > 0; at += 8, table -= 8) {
      long block = ByteBuffer.wrap(node.get(at, 8)).getLong();
      if (block != 0) {
        node.put(block, new byte[header.clusterSize()]);
      }
    }
    node.put(79, new byte[] {(byte) (header.incompatible() | 1)});

    new RefcountCheck(node, headerFile(node), "x").repairDirty();

    QemuTools.assertClean(node.crashed(), directory.resolve("rebuilt"));
    assertThat(HeaderCodec.read(node.crashed(), "x").dirty()).isFalse();
    assertSameContent(node.crashed(), whole);
  }

  @Test
  void testCrashInARebuild_canBeRebuiltAgain() {
    MemoryNode start = damaged(base, Damage.BLOCK_MISSING);
    start.put(79, new byte[] {1});
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
      try {
        check(node, Repair.ALL);
        done = true;
      } catch (BlockException e) {
        crashes++;
      }
      node.faults().clear();
      for (MemoryNode disk : List.of(node.crashed(), node.copy())) {
        if (!done) {
          assertThat(HeaderCodec.read(node.crashed(), "x").dirty()).isTrue();
        }
        new RefcountCheck(disk, headerFile(disk), "x").repairDirty();
        QemuTools.assertClean(disk, directory.resolve("again"));
        assertSameContent(disk, base);
      }
      if (done) {
        break;
      }
    }
    assertThat(crashes).isGreaterThan(4);
  }

  @Test
  void testWritesThatOvertakeEachOtherInARebuild_loseNothing() {
    MemoryNode node = damaged(base, Damage.BLOCK_MISSING);
    node.put(79, new byte[] {1});
    CrashLog log = new CrashLog(node);
    new RefcountCheck(log, new HeaderFile(log, HeaderCodec.readCluster(log, "x"), "x"), "x")
        .repairDirty();
    for (MemoryNode disk : log.states()) {
      if (HeaderCodec.read(disk, "x").dirty()) {
        new RefcountCheck(disk, headerFile(disk), "x").repairDirty();
      }
      QemuTools.assertClean(disk, directory.resolve("again"));
      assertSameContent(disk, base);
    }
    // Once the header names the new structures, they are whole whatever else was lost.
    MemoryNode fresh = damaged(base, Damage.BLOCK_MISSING);
    CrashLog rebuild = new CrashLog(fresh);
    HeaderFile header = new HeaderFile(rebuild, HeaderCodec.readCluster(rebuild, "x"), "x");
    long old = header.header().refcountTableOffset();
    new RefcountRebuild(rebuild, header, "x", false).run();
    for (MemoryNode disk : rebuild.states()) {
      if (HeaderCodec.read(disk, "x").refcountTableOffset() != old) {
        QemuTools.assertClean(disk, directory.resolve("switched"));
      }
    }
  }

  @Test
  void testRepairOfLeaks_touchesNothingElseAndRefusesWhatNeedsMore() {
    MemoryNode leak = damaged(base, Damage.LEAKED_CLUSTER);
    assertThat(check(leak, Repair.LEAKS).leaksFixed()).isEqualTo(1);
    QemuTools.assertClean(leak.crashed(), directory.resolve("leak"));

    MemoryNode zero = damaged(base, Damage.REFCOUNT_ZERO_ON_DATA);
    assertThatThrownBy(() -> check(zero, Repair.LEAKS))
        .hasMessageContaining("need to rebuild refcount structures");
    assertThat(zero.log().changes()).isZero();
  }

  @Test
  @Timeout(20)
  void testTablesUsedManyTimes_areNotWalkedManyTimes() {
    MemoryNode node = MemoryNode.growing();
    int l1Entries = 110_000;
    Header.Builder b = HeaderCodecTest.plain().toBuilder();
    b.l1Size = l1Entries;
    b.l1Offset = 3 * 65536;
    MemoryNode image = HeaderCodecTest.image(b.build());
    node.put(0, image.get(0, 65536));
    byte[] l1 = new byte[l1Entries * 8];
    ByteBuffer entries = ByteBuffer.wrap(l1);
    while (entries.hasRemaining()) {
      entries.putLong(2 * 65536);
    }
    byte[] l2 = new byte[65536];
    ByteBuffer.wrap(l2).putLong(0, 9).putLong(65528, 0x50000);
    node.put(2 * 65536, l2);
    node.put(3 * 65536, l1);
    CheckResult result = check(node, Repair.NONE);
    assertThat(result.corruptions()).isGreaterThan(l1Entries);
    assertThat(result.findings()).hasSize(1000);
    assertThat(node.log().count(Operation.READ)).isLessThan(1000);
  }

  @Test
  void testRandomDamage_onlyBlockExceptionsLeaveAndRepairsConverge() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Header header = HeaderCodec.read(base, "x");
    List<Long> tables = new ArrayList<>();
    tables.add(header.l1Offset());
    tables.add(header.refcountTableOffset());
    tables.add(ByteBuffer.wrap(base.get(header.refcountTableOffset(), 8)).getLong());
    for (int i = 0; i < header.l1Size(); i++) {
      long l2 = L2Entry.offset(ByteBuffer.wrap(base.get(header.l1Offset() + 8L * i, 8)).getLong());
      if (l2 != 0) {
        tables.add(l2);
      }
    }
    tables.add(header.bitmaps().orElseThrow().directoryOffset());
    for (int round = 0; round < 400; round++) {
      MemoryNode node = base.copy();
      for (int k = random.nextInt(5); k >= 0; k--) {
        long table = tables.get(random.nextInt(tables.size()));
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
          bytes[0] = bytes[1] = bytes[2] = bytes[3] = 0;
        }
        node.put(table + 8L * random.nextInt(24), bytes);
      }
      try {
        CheckResult first = check(node, Repair.ALL);
        CheckResult second = check(node, Repair.NONE);
        assertThat(second.corruptions()).isEqualTo(first.corruptions() - first.corruptionsFixed());
      } catch (BlockException e) {
        assertThat(e.code()).as("seed %d round %d", seed, round).isEqualTo(ErrorCode.IMAGE_CORRUPT);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
  }

  private static CheckResult check(MemoryNode node, Repair repair) {
    return new RefcountCheck(node, headerFile(node), "x").run(repair);
  }

  private static HeaderFile headerFile(MemoryNode node) {
    return new HeaderFile(node, HeaderCodec.readCluster(node, "x"), "x");
  }

  private static long[] qemu(MemoryNode node) {
    Path image = QemuTools.save(node, directory.resolve("qemu"));
    String json = QemuTools.outcome("qemu-img", "check", "--output=json", image).output();
    return new long[] {
      number(json, "corruptions"),
      number(json, "leaks"),
      number(json, "image-end-offset"),
      number(json, "total-clusters"),
      number(json, "allocated-clusters"),
      number(json, "fragmented-clusters"),
      number(json, "compressed-clusters")
    };
  }

  private static long number(String json, String key) {
    Matcher m = Pattern.compile("\"" + key + "\": (\\d+)").matcher(json);
    return m.find() ? Long.parseLong(m.group(1)) : 0;
  }

  private static void assertSameContent(MemoryNode node, MemoryNode wanted) {
    Path a = QemuTools.save(node, directory.resolve("left"));
    Path b = QemuTools.save(wanted, directory.resolve("right"));
    QemuTools.run("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", a, b);
  }

  private static MemoryNode damaged(MemoryNode good, Damage damage) {
    MemoryNode node = good.copy();
    Header h = HeaderCodec.read(node, "x");
    long l1 = h.l1Offset();
    long l2 = L2Entry.offset(get(node, l1));
    long l2Middle = l2 + 8 * 5;
    long rt = h.refcountTableOffset();
    long block = get(node, rt);
    long data = L2Entry.offset(get(node, l2Middle)) >> h.clusterBits();
    long compressedL2 = L2Entry.offset(get(node, l1 + 8 * 0)) + 8 * 256;
    long end = node.length();
    switch (damage) {
      case NOTHING -> {}
      case LEAKED_CLUSTER -> {
        long free = firstFree(node, block);
        node.put(block + 2 * free, new byte[] {0, 1});
      }
      case REFCOUNT_TWO_ON_DATA -> node.put(block + 2 * data, new byte[] {0, 2});
      case REFCOUNT_ZERO_ON_DATA -> node.put(block + 2 * data, new byte[] {0, 0});
      case REFCOUNT_ZERO_ON_HEADER -> node.put(block, new byte[] {0, 0});
      case REFCOUNT_ZERO_ON_L2 -> node.put(block + 2 * (l2 >> h.clusterBits()), new byte[] {0, 0});
      case DATA_SHARED_WITHOUT_COPIED -> {
        // Two entries share a cluster that counts one.
        put(node, l2Middle, get(node, l2Middle) & ~L2Entry.COPIED);
        put(node, l2Middle + 8, get(node, l2Middle));
      }
      case COPIED_MISSING_ON_DATA -> put(node, l2Middle, get(node, l2Middle) & ~L2Entry.COPIED);
      case COPIED_MISSING_ON_L1 -> put(node, l1, get(node, l1) & ~L2Entry.COPIED);
      case RESERVED_BIT_IN_L2 -> put(node, l2Middle, get(node, l2Middle) | 8);
      case RESERVED_BIT_IN_L1 -> put(node, l1, get(node, l1) | 4);
      case DATA_UNALIGNED -> put(node, l2Middle, get(node, l2Middle) | 512);
      case ZERO_UNALIGNED -> put(node, l2 + 16, get(node, l2 + 16) | 512);
      case L2_UNALIGNED -> put(node, l1, get(node, l1) | 512);
      case DATA_BEHIND_THE_END -> put(node, l2Middle, L2Entry.COPIED | 1 << 30);
      case L2_BEHIND_THE_END -> put(node, l1, L2Entry.COPIED | 1 << 30);
      case COPIED_ON_COMPRESSED ->
          put(node, compressedL2, get(node, compressedL2) | L2Entry.COPIED);
      case DATA_SHARED -> put(node, l2Middle + 8, get(node, l2Middle));
      case BLOCK_UNALIGNED -> put(node, rt, block | 512);
      case BLOCK_BEHIND_THE_END -> put(node, rt, 1L << 30);
      case BLOCK_MISSING -> put(node, rt, 0);
      case BLOCK_TWICE -> put(node, rt + 8, block);
      case DATA_IS_A_REFCOUNT_BLOCK -> put(node, l2Middle, L2Entry.COPIED | block);
    }
    assertThat(end).isEqualTo(node.length());
    return node;
  }

  private static long firstFree(MemoryNode node, long block) {
    for (long c = 0; ; c++) {
      if (node.get(block + 2 * c, 2)[0] == 0 && node.get(block + 2 * c, 2)[1] == 0) {
        return c;
      }
    }
  }

  private static long get(MemoryNode node, long at) {
    return ByteBuffer.wrap(node.get(at, 8)).getLong();
  }

  private static void put(MemoryNode node, long at, long value) {
    node.put(at, ByteBuffer.allocate(8).putLong(0, value).array());
  }
}
