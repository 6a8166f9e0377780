package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every write of a header change is one sector, and every crash shows the old or the new header.
 */
class HeaderFileTest {
  private static final BitmapsExtension BITMAPS = new BitmapsExtension(1, 40, 5 * 65536);

  @TempDir Path directory;

  @Test
  void testFieldChange_isOneWriteOfTheFirstSector() {
    MemoryNode node = qemuImage("compat=1.1");
    HeaderFile file = open(node);
    node.log().start();

    file.update(file.header().withL1(65536 * 9, 4));

    assertThat(node.log().entries()).hasSize(2);
    assertThat(node.log().entries().get(0).offset()).isZero();
    assertThat(node.log().entries().get(0).length()).isEqualTo(512);
    assertThat(open(node).header().l1Offset()).isEqualTo(65536 * 9);
    assertThat(open(node).header().extension(HeaderExtension.FEATURE_NAMES)).isPresent();
  }

  @Test
  void testBitmapsAddedToQemusLayout_areNeverTorn() {
    for (String options : List.of("compat=1.1", "backing_file=some-base.raw,backing_fmt=raw")) {
      MemoryNode node = qemuImage(options);
      Header before = open(node).header();
      Header after = before.withBitmaps(BITMAPS);
      crashEverywhere(node, before, after);
      crashEverywhere(node.copy(), before, after.withBitmaps(new BitmapsExtension(2, 80, 65536)));
    }
  }

  @Test
  void testBitmapsOfQemusLayout_areReplacedAndRemovedUntorn() {
    Path image = QemuTools.create(directory.resolve("b"), "backing_file=x,backing_fmt=raw", "1M");
    QemuTools.run("qemu-img", "bitmap", "--add", "-f", "qcow2", image, "bm");
    MemoryNode node = QemuTools.load(image);
    Header before = open(node).header();
    assertThat(before.bitmaps()).isPresent();

    crashEverywhere(node.copy(), before, before.withBitmaps(BITMAPS));
    crashEverywhere(node.copy(), before, before.withBitmaps(null));
  }

  @Test
  void testFailedFlush_leavesTheOldHeaderConfirmedAndIsPutRightLater() {
    MemoryNode node = qemuImage("compat=1.1");
    HeaderFile file = open(node);
    Header old = file.header();
    node.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);

    assertThatThrownBy(() -> file.update(old.withL1(65536 * 9, 4)))
        .isInstanceOf(BlockException.class);

    assertThat(file.outcomeUnknown()).isTrue();
    assertThat(file.header()).isEqualTo(old);
    assertThat(open(node).header().l1Offset()).isEqualTo(65536 * 9);
    file.settle();
    assertThat(file.outcomeUnknown()).isFalse();
    assertThat(open(node.crashed()).header()).isEqualTo(old);
    file.update(old.withL1(65536 * 9, 4));
    assertThat(open(node.crashed()).header().l1Offset()).isEqualTo(65536 * 9);
  }

  /** Extensions of somebody else's, of any size that leaves room for a copy. */
  @ParameterizedTest
  @ValueSource(ints = {200, 300, 392, 400, 480, 1000, 5000, 30_000})
  void testForeignExtensions_leaveBitmapsRoom(int size) throws IOException {
    for (String backing : List.of("", ",backing_file=some-base.raw,backing_fmt=raw")) {
      MemoryNode node = foreign(qemuImage("compat=1.1" + backing), size);
      Header before = open(node).header();
      crashEverywhere(node, before, before.withBitmaps(BITMAPS));
      crashEverywhere(node, before, before.withL1(65536 * 9, 4));

      Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(new PlainSpace(node));
      bitmaps.checkStorable("bm", 65536, 1 << 20, 0);
      for (int round = 0; round < 5; round++) {
        bitmaps
            .stage(List.of(new BitmapEntry.Written("bm", 65536, true, false, BitArray.of(round))))
            .publish();
        if (round % 2 == 1) {
          bitmaps.stage(List.of()).publish();
        }
      }
      Header after = open(node).header();
      assertForeignKept(before, after);
      crashEverywhere(node.copy(), after, after.withBitmaps(BITMAPS));
      crashEverywhere(node.copy(), after, after.withBitmaps(null));
      judgeByQemu(node, before);
    }
  }

  private void judgeByQemu(MemoryNode node, Header before) throws IOException {
    Path image = QemuTools.save(node, directory.resolve("foreign"));
    Files.write(directory.resolve("some-base.raw"), new byte[1 << 20]);
    assertThat(QemuTools.outcome("qemu-img", "check", image).exit()).isIn(0, 3);
    assertThat(QemuTools.run("qemu-img", "info", image)).contains("name: bm");
    // QEMU writes the header anew, and what was a spacer goes.
    QemuTools.run("qemu-img", "bitmap", "--add", "-f", "qcow2", image, "theirs");
    MemoryNode rewritten = QemuTools.load(image);
    Header theirs = open(rewritten).header();
    assertForeignKept(before, theirs);
    crashEverywhere(rewritten.copy(), theirs, theirs.withBitmaps(BITMAPS));
    crashEverywhere(rewritten.copy(), theirs, theirs.withBitmaps(null));
  }

  @Test
  void testNoRoomForACopy_saysWhyAndWhatToDo() {
    MemoryNode node = foreign(qemuImage("cluster_size=4096"), 2500);
    HeaderFile file = open(node);
    node.log().reset();

    assertThatThrownBy(() -> file.update(file.header().withBitmaps(BITMAPS)))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED))
        .hasMessageContaining("does not know")
        .hasMessageContaining("qemu-img convert");
    assertThat(node.log().changes()).isZero();
    // What lies in the first sector changes all the same.
    file.update(file.header().withL1(4096 * 9, 4));
    assertThat(open(node.crashed()).header().l1Offset()).isEqualTo(4096 * 9);
  }

  @Test
  void testLostBitmapsThatCannotBeDropped_doNotKeepAnImageFromBeingWritten() {
    MemoryNode node = foreign(qemuImage("cluster_size=4096"), 1700);
    Header.Builder b = open(node).header().toBuilder();
    // Behind the foreign one, in the second sector, without the bit that vouches for it.
    b.extension(HeaderExtension.BITMAPS, BITMAPS.toExtension());
    b.extension(0x4242, new HeaderExtension(0x4242, new byte[900]));
    b.autoclear = 1L << 7;
    node.put(0, HeaderCodec.encode(b.build()));

    BlockNode opened = TestHost.create().child("file", node).open(new Qcow2Driver());
    opened.write(0, ByteBuffer.allocate(512), 0);
    opened.close();

    Header header = open(node).header();
    assertThat(header.autoclear()).isZero();
    assertThat(header.storedBitmaps()).isPresent();
    QemuTools.assertClean(node, directory.resolve("stale"));
  }

  /** With an extension of that many bytes of a type that nobody knows, before the others. */
  private static MemoryNode foreign(MemoryNode node, int size) {
    byte[] bytes = new byte[size];
    new java.util.Random(size).nextBytes(bytes);
    Header.Builder b = open(node).header().toBuilder();
    b.extensions.add(0, new HeaderExtension(0x4141, bytes));
    b.extensions.add(new HeaderExtension(0x4343, "short".getBytes(StandardCharsets.UTF_8)));
    node.put(0, HeaderCodec.encode(b.build()));
    return node;
  }

  private static void assertForeignKept(Header before, Header after) {
    assertThat(foreignOf(after)).containsExactlyInAnyOrderElementsOf(foreignOf(before));
  }

  private static List<HeaderExtension> foreignOf(Header header) {
    return header.extensions().stream()
        .filter(e -> !e.known() && e.type() != HeaderExtension.FEATURE_NAMES)
        .toList();
  }

  @Test
  void testSmallClusters_keepTheNameInPlace() {
    MemoryNode node = qemuImage("cluster_size=512,backing_file=base,backing_fmt=raw");
    Header before = open(node).header();
    crashEverywhere(node, before, before.withBitmaps(new BitmapsExtension(1, 40, 512)));
  }

  /** Applies the change with a crash after each operation, and with each write torn by sectors. */
  private static void crashEverywhere(MemoryNode start, Header before, Header after) {
    MemoryNode whole = start.copy();
    open(whole).update(after);
    assertSame(open(whole.crashed()).header(), after);
    whole.log().reset();
    int operations = 0;
    for (int stop = 1; ; stop++) {
      MemoryNode node = start.copy();
      int[] left = {stop};
      node.faults()
          .hook(
              (operation, offset, length) -> {
                if (operation == Operation.WRITE) {
                  assertThat(offset / 512).isEqualTo((offset + length - 1) / 512);
                }
                if (operation != Operation.READ && --left[0] == 0) {
                  throw new BlockException(ErrorCode.IO_ERROR, "crash");
                }
              });
      try {
        open(node).update(after);
        break;
      } catch (BlockException e) {
        operations++;
      }
      node.faults().clear();
      // Written but not flushed may be there or not.
      for (MemoryNode state : List.of(node.copy(), node.crashed())) {
        Header seen = open(state).header();
        if (!same(seen, before)) {
          assertSame(seen, after);
        }
      }
    }
    assertThat(operations).isPositive();
  }

  private static void assertSame(Header seen, Header wanted) {
    assertThat(same(seen, wanted)).as("bitmaps %s", seen.storedBitmaps()).isTrue();
  }

  private static boolean same(Header a, Header b) {
    return a.storedBitmaps().equals(b.storedBitmaps())
        && a.autoclear() == b.autoclear()
        && a.backingName().equals(b.backingName())
        && a.backingFormat().equals(b.backingFormat())
        && a.l1Offset() == b.l1Offset()
        && foreignOf(a).equals(foreignOf(b));
  }

  private MemoryNode qemuImage(String options) {
    return QemuTools.load(QemuTools.create(directory.resolve("a"), options, "1M"));
  }

  private static HeaderFile open(MemoryNode node) {
    return new HeaderFile(node, HeaderCodec.readCluster(node, "x"), "x");
  }
}
