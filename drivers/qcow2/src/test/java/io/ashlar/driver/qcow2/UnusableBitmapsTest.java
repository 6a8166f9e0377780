package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Stored bitmaps that cannot be used (invariants 25, 27, 28): kept byte for byte, listed,
 * removable, and in nobody's way. The second of three bitmaps is the bad one.
 */
class UnusableBitmapsTest {
  @TempDir static Path directory;
  private static MemoryNode sound;
  private static byte[] content;

  /** What is wrong with the bitmap. */
  private enum Defect {
    UNKNOWN_FLAG(true),
    UNKNOWN_TYPE(true),
    EXTRA_DATA(true),
    GRANULARITY(true),
    NUL_IN_NAME(true),
    NO_NAME(true),
    SECOND_OF_ITS_NAME(true),
    TABLE_TOO_SHORT(true),
    TABLE_UNALIGNED(true),
    TABLE_OUTSIDE(true),
    TABLE_OF_GUEST_DATA(false),
    ENTRY_RESERVED_BITS(false),
    ENTRY_OUTSIDE(false),
    ENTRY_ON_GUEST_DATA(false),
    ENTRY_ON_L2_TABLE(false),
    ENTRY_ON_REFCOUNTS(false),
    ENTRY_ON_NEIGHBOUR(false),
    IN_USE(false),
    IN_USE_WITH_DAMAGED_TABLE(false),
    IN_USE_ON_GUEST_DATA(false);

    /** Whether the directory alone shows it. */
    final boolean listed;

    Defect(boolean listed) {
      this.listed = listed;
    }
  }

  @BeforeAll
  static void makeImage() {
    Path image = QemuTools.create(directory.resolve("sound"), "cluster_size=4096", "4M");
    for (String name : List.of("one", "two", "three")) {
      QemuTools.run("qemu-img", "bitmap", "--add", "-g", "512", image, name);
    }
    QemuTools.io(image, "write -P 1 0 64k", "write -P 2 3M 100k", "write -P 3 2M 3k");
    Path raw = directory.resolve("raw");
    QemuTools.run("qemu-img", "convert", "-O", "raw", image, raw);
    content = QemuTools.load(raw).get(0, 4 << 20);
    sound = QemuTools.load(image);
  }

  @ParameterizedTest
  @EnumSource(Defect.class)
  void testDirtyImage_isMendedAndWritten_andTheBitmapStaysAsItWas(Defect defect) {
    MemoryNode file = damaged(defect);
    List<byte[]> before = entries(file);
    loseRefcounts(file);

    BlockNode node = open(file);

    assertThat(HeaderCodec.read(file, "x").dirty()).isFalse();
    BitmapStore store = (BitmapStore) node;
    List<StoredBitmap> listed = store.directory();
    assertThat(listed).hasSize(3);
    assertThat(listed.get(1).unusable() != null).isEqualTo(defect.listed);
    store.arm();
    byte[] expected = content.clone();
    for (int i = 0; i < 60; i++) {
      byte[] data = new byte[5000];
      Arrays.fill(data, (byte) (i + 9));
      node.write(i * 66_000L, ByteBuffer.wrap(data), 0);
      System.arraycopy(data, 0, expected, i * 66_000, data.length);
    }
    // The neighbours are stored anew, the bad one is kept, twice.
    for (int round = 0; round < 2; round++) {
      StoredBitmap bad = store.directory().get(1);
      store
          .stage(List.of(written("one"), new BitmapEntry.Kept(bad, true), written("three")))
          .publish();
      store.arm();
    }
    byte[] kept = entries(file).get(1);
    if (!defect.listed) {
      kept[15] |= 1; // it can be told apart from sound ones only by its table, and is IN_USE now
      before.get(1)[15] |= 1;
    }
    assertThat(kept).isEqualTo(before.get(1));
    node.close();
    assertContent(file, expected);
    removeAndJudge(file, expected);
  }

  @ParameterizedTest
  @EnumSource(Defect.class)
  void testRemoval_leavesNoMoreThanLeaks(Defect defect) {
    MemoryNode file = damaged(defect);
    removeAndJudge(file, content);
  }

  /** Nobody may take a cluster that an unreadable bitmap may own. */
  @ParameterizedTest
  @EnumSource(Defect.class)
  void testRepair_freesNothingThatABitmapMayOwn(Defect defect) {
    for (Repair repair : List.of(Repair.LEAKS, Repair.ALL)) {
      MemoryNode file = damaged(defect);
      List<Long> owned = dataOfSecond();
      BlockNode node = open(file);
      CheckResult result = ((Checkable) node).check(repair);
      CheckResult again = ((Checkable) node).check(Repair.NONE);
      assertThat(result.findings().size()).isGreaterThanOrEqualTo(again.findings().size());
      node.close();
      for (long cluster : owned) {
        assertThat(new PlainSpace(file).refcount(cluster)).as("cluster %d", cluster).isPositive();
      }
      removeAndJudge(file, content);
    }
  }

  @Test
  void testRemovalOfAReadableTable_freesItsClusters() {
    for (Defect defect : List.of(Defect.IN_USE, Defect.NO_NAME, Defect.SECOND_OF_ITS_NAME)) {
      MemoryNode file = damaged(defect);
      PlainSpace space = new PlainSpace(file);
      Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
      bitmaps.stage(without(bitmaps.directory())).publish();
      space.flushRefcounts();
      assertThat(space.warnings).isEmpty();
      QemuTools.assertClean(file, directory.resolve("judged"));
      assertThat(space.refcount(dataOfSecond().get(0))).isZero();
    }
  }

  @Test
  void testRemovalOfADamagedTable_tellsOfTheLeak() {
    for (Defect defect :
        List.of(Defect.ENTRY_OUTSIDE, Defect.IN_USE_WITH_DAMAGED_TABLE, Defect.TABLE_UNALIGNED)) {
      PlainSpace space = new PlainSpace(damaged(defect));
      Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(space);
      bitmaps.stage(without(bitmaps.directory())).publish();
      assertThat(space.warnings).singleElement().asString().contains("bitmap 'two'", "leak");
    }
  }

  @Test
  void testRemovalThatFreesWhateverAnUnreadTableNames_isFound() {
    BitmapSteps blind = BrokenBitmapSteps.FREES_WHAT_AN_UNREAD_TABLE_NAMES.steps();
    for (Defect defect :
        List.of(
            Defect.IN_USE_ON_GUEST_DATA, Defect.ENTRY_ON_GUEST_DATA, Defect.ENTRY_ON_L2_TABLE)) {
      MemoryNode file = damaged(defect);
      assertThatThrownBy(() -> removeAndJudge(file, content, new Qcow2Driver(blind)))
          .as("%s", defect)
          .isInstanceOfAny(AssertionError.class, BlockException.class);
    }
  }

  @Test
  void testDamagedDirectory_isListedAsOneAndRemovable() {
    MemoryNode file = sound.copy();
    Header header = HeaderCodec.read(file, "x");
    BitmapsExtension place = header.bitmaps().orElseThrow();
    // It points to guest data, which is no directory.
    long guest = guestCluster(file) << 12;
    BitmapsExtension wrong = new BitmapsExtension(3, place.directorySize(), guest);
    file.put(0, HeaderCodec.encode(header.withBitmaps(wrong)));
    loseRefcounts(file);

    BlockNode node = open(file);
    BitmapStore store = (BitmapStore) node;
    assertThat(HeaderCodec.read(file, "x").dirty()).isFalse();
    assertThat(store.directory()).singleElement().matches(b -> b.unusable() != null);
    StoredBitmap all = store.directory().get(0);
    assertThat(all.name()).isEqualTo("(bitmap directory)");
    assertThatThrownBy(() -> store.load(all, new BitArray()))
        .hasMessageContaining("cannot be loaded");
    assertThatThrownBy(() -> store.checkStorable("new", 65536, 4 << 20, 1))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CORRUPT))
        .hasMessageContaining("remove '(bitmap directory)'");
    assertThatThrownBy(() -> store.stage(List.of(new BitmapEntry.Kept(all, true), written("new"))))
        .hasMessageContaining("remove '(bitmap directory)'");
    store.arm();
    store.stage(List.of(new BitmapEntry.Kept(all, false))).publish();
    assertThat(HeaderCodec.read(file, "x").bitmaps()).contains(wrong);
    // Guest data where the directory would be is written like any other.
    node.write(0, ByteBuffer.wrap(Arrays.copyOf(content, 65536)), 0);
    node.flush();

    store.stage(List.of()).publish();
    assertThat(store.directory()).isEmpty();
    store.stage(List.of(written("new"))).publish();
    node.close();
    assertContent(file, content);
    assertThat(check(file)).isIn(0, 3);
  }

  /** Removes the bad bitmap through a node, and the others after it. */
  private static void removeAndJudge(MemoryNode file, byte[] expected) {
    removeAndJudge(file, expected, new Qcow2Driver());
  }

  private static void removeAndJudge(MemoryNode file, byte[] expected, Qcow2Driver driver) {
    int before = entries(file).size();
    BlockNode node = TestHost.create().child("file", file).open(driver);
    BitmapStore store = (BitmapStore) node;
    store.arm();
    store.stage(without(store.directory())).publish();
    assertThat(store.directory()).hasSize(before - 1);
    // What was freed is used again.
    byte[] data = new byte[200_000];
    Arrays.fill(data, (byte) 77);
    node.write(1 << 20, ByteBuffer.wrap(data), 0);
    byte[] now = expected.clone();
    System.arraycopy(data, 0, now, 1 << 20, data.length);
    node.close();
    assertThat(check(file)).isIn(0, 3);
    assertContent(file, now);

    BlockNode rest = open(file);
    ((BitmapStore) rest).stage(List.of()).publish();
    rest.close();
    assertThat(check(file)).isIn(0, 3);
    assertContent(file, now);
  }

  private static List<BitmapEntry> without(List<StoredBitmap> listed) {
    List<BitmapEntry> rest = new ArrayList<>();
    for (StoredBitmap bitmap : listed) {
      if (bitmap.index() != 1) {
        rest.add(new BitmapEntry.Kept(bitmap, true));
      }
    }
    return rest;
  }

  private static BitmapEntry written(String name) {
    return new BitmapEntry.Written(name, 512, true, false, BitArray.of(1, 4000));
  }

  private static int check(MemoryNode file) {
    return QemuTools.outcome("qemu-img", "check", QemuTools.save(file, directory.resolve("c")))
        .exit();
  }

  private static void assertContent(MemoryNode file, byte[] expected) {
    BlockNode node =
        TestHost.create().child("file", file.copy()).readOnly(true).open(new Qcow2Driver());
    ByteBuffer all = ByteBuffer.allocate(expected.length);
    node.read(0, all, 0);
    assertThat(Arrays.mismatch(all.array(), expected)).isEqualTo(-1);
    node.close();
  }

  private static BlockNode open(MemoryNode file) {
    return TestHost.create().child("file", file).open(new Qcow2Driver());
  }

  /** Data clusters of the second bitmap as it was. */
  private static List<Long> dataOfSecond() {
    ByteBuffer entry = ByteBuffer.wrap(entries(sound).get(1));
    List<Long> clusters = new ArrayList<>();
    clusters.add(entry.getLong(0) >>> 12);
    ByteBuffer table = ByteBuffer.wrap(sound.get(entry.getLong(0), 8 * entry.getInt(8)));
    while (table.hasRemaining()) {
      long offset = L2Entry.offset(table.getLong());
      if (offset != 0) {
        clusters.add(offset >>> 12);
      }
    }
    assertThat(clusters).hasSizeGreaterThan(1);
    return clusters;
  }

  private static long guestCluster(MemoryNode file) {
    return L2Entry.offset(ByteBuffer.wrap(file.get(l2(file), 8)).getLong()) >>> 12;
  }

  private static long l2(MemoryNode file) {
    long l1 = HeaderCodec.read(file, "x").l1Offset();
    return L2Entry.offset(ByteBuffer.wrap(file.get(l1, 8)).getLong());
  }

  /** The raw entries of the directory. */
  private static List<byte[]> entries(MemoryNode file) {
    Header header = HeaderCodec.read(file, "x");
    return BitmapDirectory.read(
            header, file.length(), (at, to) -> to.put(file.get(at, to.remaining())), "x")
        .entries()
        .stream()
        .map(DirectoryEntry::bytes)
        .collect(java.util.stream.Collectors.toCollection(ArrayList::new));
  }

  /** Puts the dirty bit, and forgets the counts of guest data, so that they must be rebuilt. */
  private static void loseRefcounts(MemoryNode file) {
    Header header = HeaderCodec.read(file, "x").withIncompatible(Header.DIRTY, true);
    file.put(0, HeaderCodec.encode(header));
    long block = ByteBuffer.wrap(file.get(header.refcountTableOffset(), 8)).getLong();
    file.put(block + 2 * guestCluster(file), new byte[2]);
  }

  private static MemoryNode damaged(Defect defect) {
    MemoryNode file = sound.copy();
    List<byte[]> raw = entries(file);
    ByteBuffer two = ByteBuffer.wrap(raw.get(1));
    long table = two.getLong(0);
    switch (defect) {
      case UNKNOWN_FLAG -> two.putInt(12, two.getInt(12) | 8);
      case UNKNOWN_TYPE -> two.put(16, (byte) 2);
      case EXTRA_DATA -> {
        ByteBuffer longer = ByteBuffer.allocate(24 + 16 + 8);
        longer
            .put(raw.get(1), 0, 24)
            .put("some extra data!".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        longer.put(raw.get(1), 24, 3).putInt(20, 16);
        raw.set(1, longer.array());
      }
      case GRANULARITY -> two.put(17, (byte) 40);
      case NUL_IN_NAME -> two.put(25, (byte) 0);
      case NO_NAME -> {
        raw.set(1, Arrays.copyOf(raw.get(1), 24));
        ByteBuffer.wrap(raw.get(1)).putShort(18, (short) 0);
      }
      case SECOND_OF_ITS_NAME ->
          two.put(24, "one".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      case TABLE_TOO_SHORT -> two.putInt(8, two.getInt(8) + 7);
      case TABLE_UNALIGNED -> two.putLong(0, table + 512);
      case TABLE_OUTSIDE -> two.putLong(0, 1L << 40);
      case TABLE_OF_GUEST_DATA -> two.putLong(0, guestCluster(file) << 12);
      case ENTRY_RESERVED_BITS -> putEntry(file, table, 2L);
      case ENTRY_OUTSIDE -> putEntry(file, table, 1L << 40);
      case ENTRY_ON_GUEST_DATA, IN_USE_ON_GUEST_DATA ->
          putEntry(file, table, guestCluster(file) << 12);
      case ENTRY_ON_L2_TABLE -> putEntry(file, table, l2(file));
      case ENTRY_ON_REFCOUNTS ->
          putEntry(
              file,
              table,
              ByteBuffer.wrap(file.get(HeaderCodec.read(file, "x").refcountTableOffset(), 8))
                  .getLong());
      case ENTRY_ON_NEIGHBOUR -> putEntry(file, table, ByteBuffer.wrap(raw.get(0)).getLong());
      case IN_USE -> {}
      case IN_USE_WITH_DAMAGED_TABLE -> putEntry(file, table, 1L << 60);
    }
    if (defect.name().startsWith("IN_USE")) {
      two.putInt(12, two.getInt(12) | 1);
    }
    ByteBuffer all = ByteBuffer.allocate(raw.stream().mapToInt(e -> e.length).sum());
    raw.forEach(all::put);
    Header header = HeaderCodec.read(file, "x");
    long at = header.bitmaps().orElseThrow().directoryOffset();
    file.put(at, all.array());
    file.put(
        0, HeaderCodec.encode(header.withBitmaps(new BitmapsExtension(3, all.capacity(), at))));
    return file;
  }

  private static void putEntry(MemoryNode file, long table, long value) {
    file.put(table, ByteBuffer.allocate(8).putLong(0, value).array());
  }
}
