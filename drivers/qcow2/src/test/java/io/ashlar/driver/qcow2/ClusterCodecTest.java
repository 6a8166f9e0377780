package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.ashlar.spi.contract.MemoryNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterCodecTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"0,512", "0,65536", "0,2097152", "1,512", "1,65536", "1,2097152"})
  void testRoundTrip_withATailBehindTheStream(int type, int clusterSize) {
    ClusterCodec codec = ClusterCodec.of(type);
    for (int kind = 0; kind < 3; kind++) {
      byte[] cluster = content(clusterSize, kind);
      byte[] stream = codec.compress(cluster);
      assertThat(stream).isNotNull().hasSizeLessThan(clusterSize);
      byte[] input = Arrays.copyOf(stream, stream.length + 700);
      new Random(7).nextBytes(Arrays.copyOfRange(input, stream.length, input.length));
      System.arraycopy(stream, 0, input, stream.length, Math.min(700, stream.length));

      byte[] back = new byte[clusterSize];
      assertThat(codec.decompress(input, input.length, back)).isTrue();
      assertThat(back).isEqualTo(cluster);
      assertThat(codec.decompress(input, stream.length / 2, back)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void testRandomBytes_doNotFitAndDoNotInflate(int type) {
    byte[] noise = new byte[65536];
    new Random(3).nextBytes(noise);
    assertThat(ClusterCodec.of(type).compress(noise)).isNull();
    assertThat(ClusterCodec.of(type).decompress(noise, noise.length, new byte[65536])).isFalse();
    assertThat(ClusterCodec.of(type).decompress(new byte[0], 0, new byte[65536])).isFalse();
  }

  @Test
  void testDeflate_usesDistancesOfAtMost4096() {
    byte[] cluster = content(65536, 2);
    byte[] ours = new DeflateCodec().compress(cluster);
    assertThat(DeflateDistances.longest(ours)).isPositive().isLessThanOrEqualTo(4096);

    // The check itself sees what the JDK does by default.
    Deflater deflater = new Deflater(6, true);
    deflater.setInput(cluster);
    deflater.finish();
    byte[] plain = new byte[65536];
    int n = deflater.deflate(plain);
    deflater.end();
    assertThat(DeflateDistances.longest(Arrays.copyOf(plain, n))).isGreaterThan(4096);
  }

  @Test
  void testZstdWindowBeyond8MiB_isRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var out = new ZstdOutputStreamNoFinalizer(bytes)) {
      out.setLong(27);
      out.write(content(65536, 2));
    }
    byte[] stream = bytes.toByteArray();
    assertThat(new ZstdCodec().decompress(stream, stream.length, new byte[65536])).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"zlib", "zstd"})
  void testStreamsOfQemu_inflate(String type) throws IOException {
    byte[] disk = new byte[1 << 20];
    for (int i = 0; i < 16; i++) {
      System.arraycopy(content(65536, i % 3), 0, disk, i * 65536, 65536);
      disk[i * 65536] = (byte) (i + 1);
    }
    Path raw = Files.write(directory.resolve("raw"), disk);
    Path image = directory.resolve("image");
    QemuTools.run(
        "qemu-img",
        "convert",
        "-c",
        "-O",
        "qcow2",
        "-o",
        "compression_type=" + type,
        "-f",
        "raw",
        raw,
        image);
    MemoryNode node = QemuTools.load(image);
    Header header = HeaderCodec.read(node, "image");
    Geometry g = header.geometry();
    ClusterCodec codec = ClusterCodec.of(header.compressionType());
    long l2 = L2Entry.offset(ByteBuffer.wrap(node.get(header.l1Offset(), 8)).getLong());
    for (int i = 0; i < 16; i++) {
      long entry = ByteBuffer.wrap(node.get(l2 + 8L * i, 8)).getLong();
      assertThat(L2Entry.compressed(entry)).isTrue();
      byte[] input = node.get(g.compressedOffset(entry), g.compressedLength(entry));
      byte[] cluster = new byte[65536];
      assertThat(codec.decompress(input, input.length, cluster)).isTrue();
      assertThat(cluster).isEqualTo(Arrays.copyOfRange(disk, i * 65536, (i + 1) * 65536));
    }
  }

  @ParameterizedTest
  @CsvSource({"zlib,65536", "zstd,65536", "zlib,512", "zlib,2097152"})
  void testOurStreams_areReadByQemu(String type, int clusterSize) throws IOException {
    Path image =
        QemuTools.create(
            directory.resolve("image"),
            "compression_type=" + type + ",cluster_size=" + clusterSize,
            clusterSize);
    MemoryNode node = QemuTools.load(image);
    Header header = HeaderCodec.read(node, "image");
    byte[] cluster = content(clusterSize, 2);
    byte[] stream = ClusterCodec.of(header.compressionType()).compress(cluster);
    // A table and, in the middle of a cluster, the stream; refcounts do not matter to a reader.
    long table = 16L * clusterSize;
    long at = 17L * clusterSize + clusterSize / 2 + 5;
    ByteBuffer entry = ByteBuffer.allocate(8);
    node.put(table, entry.putLong(0, header.geometry().compressedEntry(at, stream.length)).array());
    node.put(header.l1Offset(), entry.putLong(0, L2Entry.COPIED | table).array());
    node.put(at, stream);
    node.put(20L * clusterSize, new byte[1]);
    QemuTools.save(node, image);

    Path raw = directory.resolve("raw");
    QemuTools.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, raw);
    assertThat(Files.readAllBytes(raw)).isEqualTo(cluster);
  }

  @Test
  void testDescriptor_roundTrips() {
    Random random = new Random(11);
    for (int bits = 9; bits <= 21; bits++) {
      Geometry g = new Geometry(bits, 4);
      for (int i = 0; i < 200; i++) {
        long offset = random.nextLong() & (1L << Math.min(g.compressedCountShift(), 56)) - 1;
        int length = 1 + random.nextInt(g.clusterSize() - 1);
        long entry = g.compressedEntry(offset, length);
        assertThat(g.compressedOffset(entry)).isEqualTo(offset);
        assertThat(g.compressedLength(entry)).isBetween(length, length + 511);
        assertThat((offset + g.compressedLength(entry)) % 512).isZero();
      }
    }
  }

  /** Zeroes, text-like bytes, or repeats further apart than 4 KiB. */
  static byte[] content(int size, int kind) {
    byte[] bytes = new byte[size];
    Random random = new Random(kind);
    for (int i = 0; i < size; i++) {
      switch (kind) {
        case 0 -> bytes[i] = 0;
        case 1 -> bytes[i] = (byte) ("abcd ".charAt(random.nextInt(5)));
        default -> bytes[i] = i >= 6000 ? bytes[i - 6000] : (byte) random.nextInt(16);
      }
    }
    return bytes;
  }
}
