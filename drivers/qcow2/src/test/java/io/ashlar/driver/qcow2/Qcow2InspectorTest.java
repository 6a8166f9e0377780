package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Qcow2InspectorTest {
  @TempDir Path directory;

  @Test
  void testReport_saysWhatQemuImgInfoSays() {
    Path image =
        QemuTools.create(
            directory.resolve("a"),
            "cluster_size=4096,lazy_refcounts=on,refcount_bits=8,compression_type=zstd,"
                + "backing_file=../../etc/passwd,backing_fmt=raw",
            "10M");
    MemoryNode node = QemuTools.load(image);
    AtomicLong most = new AtomicLong();
    node.faults()
        .hook((operation, offset, length) -> most.accumulateAndGet(offset + length, Math::max));
    ImageReport report = Qcow2Inspector.inspect(node).orElseThrow();

    assertThat(report.virtualSize()).isEqualTo(10 << 20);
    assertThat(report.references())
        .containsExactly(new ImageReference("backing", "../../etc/passwd", "raw"));
    assertThat(report.risks()).anyMatch(r -> r.contains("names the backing file"));
    assertThat(report.details())
        .containsEntry("cluster-size", 4096L)
        .containsEntry("compression-type", "zstd")
        .containsEntry("refcount-bits", 8L)
        .containsEntry("lazy-refcounts", true);
    assertThat(node.log().changes()).isZero();
    assertThat(node.log().count(Operation.FLUSH)).isZero();
    assertThat(most.get()).isLessThanOrEqualTo(4096);
  }

  @Test
  void testBitmaps_areListedWithoutReadingBits() {
    Path image = QemuTools.create(directory.resolve("a"), "cluster_size=65536", "10M");
    QemuTools.run("qemu-img", "bitmap", "--add", "-g", "4096", image, "bm");
    MemoryNode node = QemuTools.load(image);
    ImageReport report = Qcow2Inspector.inspect(node).orElseThrow();
    assertThat(report.bitmaps())
        .singleElement()
        .satisfies(b -> assertThat(b.name()).isEqualTo("bm"));
    assertThat(report.risks()).isEmpty();

    // Without the autoclear bit they are lost; with a damaged directory they are a risk.
    MemoryNode lost = node.copy();
    lost.put(88, new byte[8]);
    ImageReport without = Qcow2Inspector.inspect(lost).orElseThrow();
    assertThat(without.bitmaps()).isEmpty();
    assertThat(without.risks()).anyMatch(r -> r.contains("bitmaps were lost"));
  }

  @Test
  void testOtherContentAndDamage() {
    assertThat(Qcow2Inspector.inspect(MemoryNode.of(new byte[512]))).isEmpty();
    assertThat(Qcow2Inspector.inspect(MemoryNode.growing())).isEmpty();
    assertThatThrownBy(
            () -> Qcow2Inspector.inspect(MemoryNode.of(new byte[] {0x51, 0x46, 0x49, -5, 0, 0})))
        .isInstanceOf(BlockException.class);
    Header.Builder b = HeaderCodecTest.plain().toBuilder();
    b.incompatible = 1L << 33 | Header.DIRTY | Header.CORRUPT | Header.EXTENDED_L2;
    assertThat(Qcow2Inspector.inspect(HeaderCodecTest.image(b.build())).orElseThrow().risks())
        .hasSize(4)
        .anyMatch(r -> r.contains("incompatible bit 33"));
  }

  @Test
  void testRandomDamageOfHeaderAndDirectory_onlyBlockExceptionsLeave() {
    Path image = QemuTools.create(directory.resolve("a"), "cluster_size=512", "1M");
    for (String name : new String[] {"one", "two", "three"}) {
      QemuTools.run("qemu-img", "bitmap", "--add", "-g", "512", image, name);
    }
    MemoryNode good = QemuTools.load(image);
    long at = HeaderCodec.read(good, "x").bitmaps().orElseThrow().directoryOffset();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int listed = 0;
    for (int round = 0; round < 3000; round++) {
      MemoryNode node = good.copy();
      for (int k = random.nextInt(4); k >= 0; k--) {
        long place = random.nextBoolean() ? 4 + random.nextInt(180) : at + random.nextInt(96);
        node.put(place, new byte[] {(byte) (random.nextBoolean() ? 0xFF : random.nextInt())});
      }
      try {
        ImageReport report = Qcow2Inspector.inspect(node).orElseThrow();
        Qcow2Bitmaps bitmaps = new Qcow2Bitmaps(new PlainSpace(node));
        for (var bitmap : report.bitmaps()) {
          listed++;
          if (bitmap.unusable() == null && !bitmap.inUse()) {
            bitmaps.load(bitmap, new BitArray());
          }
        }
      } catch (BlockException e) {
        assertThat(e.getMessage()).isNotEmpty();
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
    assertThat(listed).as("seed %d", seed).isPositive();
  }
}
