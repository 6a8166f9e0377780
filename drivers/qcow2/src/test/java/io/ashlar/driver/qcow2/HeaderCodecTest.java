package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderCodecTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "compat=1.1",
        "compat=0.10",
        "cluster_size=512",
        "cluster_size=2M,refcount_bits=64",
        "refcount_bits=1,compression_type=zstd,lazy_refcounts=on",
        "backing_file=base.raw,backing_fmt=raw"
      })
  void testHeaderOfQemu_readAndWritten_isTheSameBytes(String options) {
    MemoryNode node = QemuTools.load(QemuTools.create(directory.resolve("a"), options, "10M"));

    Header header = HeaderCodec.read(node, "a");
    byte[] first = HeaderCodec.readCluster(node, "a");

    assertThat(header.size()).isEqualTo(10 << 20);
    assertThat(HeaderCodec.encode(header)).isEqualTo(first);
    assertThat(header.backingName().isPresent()).isEqualTo(options.startsWith("backing"));
    FeatureCheck.require(header, false, "a");
  }

  @Test
  void testUnknownBytesAndExtensions_surviveARewrite() {
    Header.Builder b = plain().toBuilder();
    b.headerLength = 128;
    b.tail = "later fields 16!".getBytes(StandardCharsets.US_ASCII);
    b.compatible = 1L << 50;
    b.extensions.add(new HeaderExtension(0x1234567, new byte[] {1, 2, 3}));
    b.extensions.add(new HeaderExtension(0x1234567, new byte[] {4}));
    MemoryNode node = image(b.build());

    Header read = HeaderCodec.read(node, "x").withSize(4096);

    assertThat(new String(read.tail(), StandardCharsets.US_ASCII)).isEqualTo("later fields 16!");
    assertThat(read.extensions()).hasSize(2);
    assertThat(read.extensions().get(1).data()).containsExactly(4);
    assertThat(read.compatible()).isEqualTo(1L << 50);
    assertThat(HeaderCodec.parse(HeaderCodec.encode(read), 1 << 20, "x")).isEqualTo(read);
  }

  @ParameterizedTest
  @CsvSource({
    "4, 4, 1, Unsupported qcow2 version 1",
    "4, 4, 4, Unsupported qcow2 version 4",
    "8, 8, 64, Invalid backing file offset",
    "8, 8, 65537, Invalid backing file offset",
    "20, 4, 8, Unsupported cluster size: 2^8",
    "20, 4, 22, Unsupported cluster size: 2^22",
    "20, 4, -1, Unsupported cluster size: 2^4294967295",
    "24, 8, -1, Image is too big",
    "24, 8, 1000000000000, L1 table is too small",
    "32, 4, 3, Unsupported encryption method 3",
    "36, 4, 4194305, Active L1 table too large",
    "36, 4, -1, Active L1 table too large: 4294967295",
    "40, 8, 1, Active L1 table offset invalid",
    "40, 8, 1048576, the active L1 table lies outside the file",
    "40, 8, 9223372036854710272, the active L1 table lies outside the file",
    "48, 8, 513, Reference count table offset invalid",
    "48, 8, 10485760, the reference count table lies outside the file",
    "56, 4, 0, Image does not contain a reference count table",
    "56, 4, 129, Reference count table too large",
    "60, 4, 65537, Snapshot table too large",
    "64, 8, 7, Snapshot table offset invalid",
    "96, 4, 7, may not exceed 64 bits",
    "100, 4, 96, qcow2 header too short: 96",
    "100, 4, 65544, qcow2 header exceeds cluster size",
    "100, 4, 108, not a multiple of 8",
    "116, 4, 70000, Header extension too large",
    "116, 4, 65417, Header extension too large",
  })
  void testDamagedField_isRefusedWithWhatWasFound(int at, int width, long value, String message) {
    byte[] cluster = HeaderCodec.encode(plain());
    // An extension to damage, at 112.
    ByteBuffer.wrap(cluster).putInt(112, 0x777).putInt(116, 0);
    ByteBuffer bytes = ByteBuffer.wrap(cluster);
    if (width == 4) {
      bytes.putInt(at, (int) value);
    } else {
      bytes.putLong(at, value);
    }
    MemoryNode node = MemoryNode.of(cluster);
    node.put(4 * 65536 - 1, new byte[1]);

    assertThatThrownBy(() -> HeaderCodec.read(node, "disk.qcow2"))
        .isInstanceOf(BlockException.class)
        .hasMessageContaining("'disk.qcow2'")
        .hasMessageContaining(message);
  }

  @Test
  void testFilesThatAreNoImage_areTold() {
    assertThat(code(new byte[0])).isEqualTo(ErrorCode.WRONG_FORMAT);
    assertThat(code(new byte[100_000])).isEqualTo(ErrorCode.WRONG_FORMAT);
    assertThat(code(new byte[] {0x51, 0x46, 0x49, (byte) 0xFB, 0, 0, 0, 3}))
        .isEqualTo(ErrorCode.IMAGE_CORRUPT);
  }

  @Test
  void testHugeExtensionAndManyExtensions_passTheLimit() {
    Header.Builder big = plain().toBuilder();
    big.clusterBits = 21;
    big.l1Offset = 3 << 21;
    big.refcountTableOffset = 1 << 21;
    big.extensions.add(new HeaderExtension(0x777, new byte[65_537]));
    assertThat(
            catchThrowableOfType(
                    BlockException.class, () -> HeaderCodec.read(image(big.build()), "x"))
                .code())
        .isEqualTo(ErrorCode.IMAGE_LIMIT);

    Header.Builder many = plain().toBuilder();
    for (int i = 0; i < 1025; i++) {
      many.extensions.add(new HeaderExtension(0x777, new byte[0]));
    }
    assertThat(
            catchThrowableOfType(
                    BlockException.class, () -> HeaderCodec.read(image(many.build()), "x"))
                .code())
        .isEqualTo(ErrorCode.IMAGE_LIMIT);
  }

  @Test
  void testFeaturesThatAreNotServed_areRefusedByName() {
    byte[] table = new byte[48];
    table[1] = 40;
    byte[] name = "evil\u001b[31m".getBytes(StandardCharsets.UTF_8);
    System.arraycopy(name, 0, table, 2, name.length);
    Header.Builder b = plain().toBuilder();
    b.incompatible = 1L << 40 | 1L << 41;
    b.extensions.add(new HeaderExtension(HeaderExtension.FEATURE_NAMES, table));
    assertThatThrownBy(() -> FeatureCheck.require(b.build(), true, "x"))
        .hasMessageContaining("evil?[31m (incompatible bit 40)")
        .hasMessageContaining("20000000000 (incompatible bit 41)");

    b.incompatible = Header.EXTENDED_L2;
    assertThatThrownBy(() -> FeatureCheck.require(b.build(), true, "x"))
        .hasMessageContaining("extended L2");
    b.incompatible = Header.COMPRESSION_TYPE;
    assertThatThrownBy(() -> FeatureCheck.require(b.build(), true, "x"))
        .hasMessageContaining("must not be set");
    b.incompatible = Header.CORRUPT;
    FeatureCheck.require(b.build(), true, "x");
    assertThatThrownBy(() -> FeatureCheck.require(b.build(), false, "x"))
        .hasMessageContaining("Image is corrupt; cannot be opened read/write");
  }

  @Test
  void testForWriting_dropsWhatNothingVouchesFor() {
    Header stale = plain().withBitmaps(new BitmapsExtension(1, 40, 65536));
    Header.Builder b = stale.toBuilder();
    b.autoclear = 1L << 40;
    Header cleaned = b.build().forWriting();
    assertThat(cleaned.autoclear()).isZero();
    assertThat(cleaned.storedBitmaps()).isEmpty();

    assertThat(stale.forWriting()).isSameAs(stale);
    b.autoclear = 1L << 40 | 1;
    assertThat(b.build().forWriting().bitmaps()).isPresent();
  }

  @Test
  void testRandomBytes_onlyBlockExceptionsLeave() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] good = HeaderCodec.encode(plain().withBitmaps(new BitmapsExtension(1, 40, 65536)));
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = good.clone();
      for (int k = random.nextInt(4) + 1; k > 0; k--) {
        int at = 4 + random.nextInt(200);
        bytes[at] =
            random.nextBoolean() ? (byte) random.nextInt() : (byte) (1 << random.nextInt(8));
      }
      try {
        Header h = HeaderCodec.read(MemoryNode.of(bytes), "fuzz");
        FeatureCheck.require(h, true, "fuzz");
        HeaderCodec.encode(h);
      } catch (BlockException e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + i, e);
      }
    }
    assertThat(refused).as("seed %d", seed).isPositive();
  }

  private static ErrorCode code(byte[] content) {
    return catchThrowableOfType(
            BlockException.class, () -> HeaderCodec.read(MemoryNode.of(content), "x"))
        .code();
  }

  static Header plain() {
    Header.Builder b = new Header.Builder();
    b.size = 1 << 20;
    b.l1Size = 1;
    b.l1Offset = 3 * 65536;
    b.refcountTableOffset = 65536;
    b.refcountTableClusters = 1;
    return b.build();
  }

  static MemoryNode image(Header header) {
    MemoryNode node = MemoryNode.of(HeaderCodec.encode(header));
    node.put(4L * header.clusterSize() - 1, new byte[1]);
    return node;
  }
}
