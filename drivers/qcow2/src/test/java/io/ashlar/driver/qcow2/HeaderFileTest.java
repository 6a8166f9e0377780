package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void testNoRoomInTheFirstSector_refusesBeforeAnyWrite() {
    Header.Builder b = HeaderCodecTest.plain().toBuilder();
    b.extensions.add(new HeaderExtension(0x777, new byte[480]));
    MemoryNode node = HeaderCodecTest.image(b.build());
    HeaderFile file = open(node);

    assertThatThrownBy(() -> file.update(b.build().withBitmaps(BITMAPS)))
        .hasMessageContaining("unknown header extensions");
    assertThat(node.log().changes()).isZero();
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
        && a.l1Offset() == b.l1Offset();
  }

  private MemoryNode qemuImage(String options) {
    return QemuTools.load(QemuTools.create(directory.resolve("a"), options, "1M"));
  }

  private static HeaderFile open(MemoryNode node) {
    return new HeaderFile(node, HeaderCodec.readCluster(node, "x"), "x");
  }
}
