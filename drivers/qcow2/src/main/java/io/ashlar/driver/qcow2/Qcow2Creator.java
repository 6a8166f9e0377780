package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Options;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Makes new images ({@code blockdev-create}, section 15). Header, refcount table, refcount blocks,
 * L1 table, and with preallocation L2 tables and data follow each other.
 *
 * <p>Options are checked and the header is laid out before anything is touched. Then the old
 * content's first sector goes, everything but the header is written and flushed, and the first
 * sector comes last: after a crash there is no image or the whole one.
 */
final class Qcow2Creator {
  private static final int PIECE = 1 << 20;

  private final BlockIo file;
  private final CreateOptions options;
  private final Geometry g;
  private final long dataClusters;
  private final long l2Tables;
  private final long tableClusters;
  private final long blocks;
  private final long l1Offset;
  private final int l1Entries;
  private final long l2Offset;
  private final long dataOffset;
  private final long end;

  private Qcow2Creator(BlockIo file, CreateOptions options) {
    this.file = file;
    this.options = options;
    this.g = options.geometry();
    boolean preallocated = options.preallocation() != Preallocation.OFF;
    this.l1Entries = (int) g.l1EntriesFor(options.size());
    this.dataClusters = preallocated ? g.clustersFor(options.size()) : 0;
    this.l2Tables = preallocated ? l1Entries : 0;
    long l1Clusters = g.clustersFor(8L * l1Entries);
    long[] refcounts = g.refcountClustersFor(1 + l1Clusters + l2Tables + dataClusters);
    this.tableClusters = refcounts[0];
    this.blocks = refcounts[1];
    this.l1Offset = 1 + tableClusters + blocks << g.clusterBits();
    this.l2Offset = l1Offset + (l1Clusters << g.clusterBits());
    this.dataOffset = l2Offset + (l2Tables << g.clusterBits());
    this.end = dataOffset + (dataClusters << g.clusterBits());
  }

  /**
   * Makes an image.
   *
   * @param file storage for it, open read-write; what is in it is lost
   * @param options the checked options of {@link CreateOptions#SCHEMA}
   * @throws io.ashlar.spi.BlockException INVALID_OPTION, NOT_SUPPORTED or NO_SPACE before anything
   *     was touched; what the storage throws later leaves no image behind
   */
  static void create(BlockIo file, Options options) {
    Qcow2Creator creator = new Qcow2Creator(file, CreateOptions.of(options));
    byte[] header = HeaderLayout.encode(creator.header());
    creator.run(header);
  }

  private Header header() {
    Header.Builder h = new Header.Builder();
    h.version = options.version();
    h.clusterBits = g.clusterBits();
    h.size = options.size();
    h.l1Size = l1Entries;
    h.l1Offset = l1Entries == 0 ? 0 : l1Offset;
    h.refcountTableOffset = g.clusterSize();
    h.refcountTableClusters = Math.toIntExact(tableClusters);
    if (options.version() == 2) {
      h.headerLength = HeaderCodec.V2_LENGTH;
    } else {
      h.refcountOrder = g.refcountOrder();
      h.compatible = options.lazyRefcounts() ? Header.LAZY_REFCOUNTS : 0;
      h.incompatible = options.zstd() ? Header.COMPRESSION_TYPE : 0;
      h.compressionType = options.zstd() ? Header.ZSTD : Header.DEFLATE;
    }
    if (options.backingFile() != null) {
      h.backingName = options.backingFile().getBytes(StandardCharsets.UTF_8);
      byte[] format = options.backingFormat().getBytes(StandardCharsets.US_ASCII);
      h.extensions.add(new HeaderExtension(HeaderExtension.BACKING_FORMAT, format));
    }
    if (options.version() >= 3 && g.clusterSize() > 4096) {
      h.extensions.add(FeatureNames.ofQemu());
    }
    return h.build();
  }

  private void run(byte[] header) {
    boolean resizable = file.traits().operations().contains(Operation.TRUNCATE);
    if (resizable) {
      file.truncate(0, Preallocation.OFF);
    } else {
      file.write(0, ByteBuffer.allocate(HeaderFile.SECTOR), 0);
    }
    file.flush();
    writeBlocks();
    writeTable();
    writeL1();
    writeL2();
    takeData(resizable);
    int rest = header.length - HeaderFile.SECTOR;
    if (rest > 0) {
      file.write(HeaderFile.SECTOR, ByteBuffer.wrap(header, HeaderFile.SECTOR, rest), 0);
    }
    file.flush();
    file.write(0, ByteBuffer.wrap(header, 0, HeaderFile.SECTOR), 0);
    file.flush();
  }

  private void writeTable() {
    ByteBuffer piece = ByteBuffer.allocate(g.clusterSize());
    long first = 1 + tableClusters;
    long block = 0;
    for (long c = 0; c < tableClusters; c++) {
      Arrays.fill(piece.array(), (byte) 0);
      piece.clear();
      for (; piece.hasRemaining() && block < blocks; block++) {
        piece.putLong(first + block << g.clusterBits());
      }
      file.write(1 + c << g.clusterBits(), piece.clear(), 0);
    }
  }

  private void writeBlocks() {
    byte[] full = new byte[g.clusterSize()];
    int perBlock = g.refcountsPerBlock();
    for (int slot = 0; slot < perBlock; slot++) {
      RefcountCodec.set(full, g.refcountOrder(), slot, 1);
    }
    long used = end >>> g.clusterBits();
    for (long block = 0; block < blocks; block++) {
      long slots = Math.max(0, Math.min(perBlock, used - block * perBlock));
      byte[] bytes = full;
      if (slots < perBlock) {
        bytes = new byte[g.clusterSize()];
        for (int slot = 0; slot < slots; slot++) {
          RefcountCodec.set(bytes, g.refcountOrder(), slot, 1);
        }
      }
      file.write(1 + tableClusters + block << g.clusterBits(), ByteBuffer.wrap(bytes), 0);
    }
  }

  /** The L1 table in pieces; zero to the end of its last cluster only where L2 tables follow. */
  private void writeL1() {
    long bytes = l2Tables > 0 ? l2Offset - l1Offset : 8L * l1Entries;
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, bytes));
    long index = 0;
    for (long at = 0; at < bytes; at += piece.limit()) {
      Arrays.fill(piece.array(), (byte) 0);
      piece.clear().limit((int) Math.min(piece.capacity(), bytes - at));
      for (; piece.hasRemaining() && index < l2Tables; index++) {
        piece.putLong(L2Entry.COPIED | l2Offset + (index << g.clusterBits()));
      }
      file.write(l1Offset + at, piece.position(0), 0);
    }
  }

  private void writeL2() {
    ByteBuffer table = ByteBuffer.allocate(g.clusterSize());
    long cluster = 0;
    for (long t = 0; t < l2Tables; t++) {
      Arrays.fill(table.array(), (byte) 0);
      table.clear();
      for (; table.hasRemaining() && cluster < dataClusters; cluster++) {
        table.putLong(L2Entry.COPIED | dataOffset + (cluster << g.clusterBits()));
      }
      file.write(l2Offset + (t << g.clusterBits()), table.clear(), 0);
    }
  }

  private void takeData(boolean resizable) {
    if (dataClusters == 0) {
      return;
    }
    if (resizable) {
      Preallocation how = options.preallocation();
      file.truncate(end, how == Preallocation.METADATA ? Preallocation.OFF : how);
    } else {
      // A device keeps its old bytes, which would show through the mapped clusters.
      file.writeZeroes(dataOffset, end - dataOffset, IoFlags.NONE);
    }
  }
}
