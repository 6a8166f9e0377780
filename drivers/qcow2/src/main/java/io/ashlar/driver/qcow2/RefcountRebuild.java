package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Makes a refcount table and blocks from what refers to the clusters (section 18). They go behind
 * everything else in the file, are flushed, and then one sector of the header points to them
 * (section 16); until then the old ones are untouched. Their clusters are free in the new counts.
 * Where a stored bitmap cannot be read, clusters that the old counts call used stay used: they may
 * be the bitmap's.
 */
final class RefcountRebuild {
  private final BlockIo file;
  private final HeaderFile header;
  private final String where;
  private final Geometry g;
  private final ImageWalk walk;
  private final BitmapWalk bitmaps;
  private final StoredRefcounts old;

  /**
   * A rebuild.
   *
   * @param unknownOwners whether clusters that nothing is seen to use may belong to a bitmap
   */
  RefcountRebuild(BlockIo file, HeaderFile header, String where, boolean unknownOwners) {
    this.file = file;
    this.header = header;
    this.where = where;
    this.g = header.header().geometry();
    this.walk = new ImageWalk(file, header.header());
    this.bitmaps = new BitmapWalk(file, header.header(), walk, where, unknownOwners);
    this.old = new StoredRefcounts(file, header.header(), walk);
  }

  /**
   * Rebuilds.
   *
   * @throws BlockException IMAGE_CORRUPT when some cluster has more references than a refcount of
   *     the image's width can hold, or the image is too large for a refcount table; IO_ERROR,
   *     NO_SPACE with the old structures still in force
   */
  void run() {
    long start = walk.clusters();
    requireDescribable(start);
    BitSet wanted = wantedBlocks();
    long[] size = size(wanted, start);
    long tableClusters = size[0];
    long end = size[1];
    long[] table = new long[(int) (tableClusters << g.clusterBits() - 3)];
    long at = start + tableClusters;
    for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1)) {
      table[i] = at++ << g.clusterBits();
    }
    writeBlocks(wanted, table, start, end);
    writeTable(table, start);
    file.flush();
    header.update(header.header().withRefcountTable(start << g.clusterBits(), (int) tableClusters));
  }

  private void requireDescribable(long clusters) {
    long entries = Geometry.ceilDiv(clusters, g.refcountsPerBlock());
    if (entries > Geometry.MAX_REFCOUNT_TABLE_BYTES / 8) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "'" + where + "': the file is too long for a refcount table of its cluster size");
    }
  }

  /** Blocks that hold a count of something that is there already. */
  private BitSet wantedBlocks() {
    BitSet wanted = new BitSet();
    ImageWalk.References blocks =
        (offset, bytes) -> {
          int shift = g.clusterBits() + g.refcountsPerBlockBits();
          wanted.set((int) (offset >>> shift), (int) (offset + bytes - 1 >>> shift) + 1);
        };
    walk.walk(blocks, text -> {});
    bitmaps.walk(blocks, text -> {});
    for (int i = 0; bitmaps.unknown() && i < old.tableLength(); i++) {
      long first = (long) i << g.refcountsPerBlockBits();
      if (old.hasBlock(i) && first < walk.clusters()) {
        wanted.set(i);
      }
    }
    return wanted;
  }

  /** Adds the blocks for table and blocks themselves; gives table clusters and the end. */
  private long[] size(BitSet wanted, long start) {
    long tableClusters = 1;
    while (true) {
      long end = start + tableClusters + wanted.cardinality();
      long blocks = Geometry.ceilDiv(end, g.refcountsPerBlock());
      long needed = g.clustersFor(blocks * 8);
      requireDescribable(end);
      int before = wanted.cardinality();
      wanted.set((int) (start >>> g.refcountsPerBlockBits()), (int) blocks);
      if (needed <= tableClusters && wanted.cardinality() == before) {
        return new long[] {tableClusters, end};
      }
      tableClusters = Math.max(tableClusters, needed);
    }
  }

  private void writeBlocks(BitSet wanted, long[] table, long start, long end) {
    CountWindow counts = null;
    CountWindow replaced = null;
    byte[] bytes = new byte[g.clusterSize()];
    for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1)) {
      long first = (long) i << g.refcountsPerBlockBits();
      Arrays.fill(bytes, (byte) 0);
      for (int slot = 0; slot < g.refcountsPerBlock(); slot++) {
        long cluster = first + slot;
        // A block may be larger than a window, and a window than many blocks.
        if (counts == null || !counts.covers(cluster)) {
          counts = count(cluster >>> CountWindow.BITS, start, end);
          replaced = replaced(cluster >>> CountWindow.BITS);
        }
        long value = counts.get(cluster);
        if (value == 0 && bitmaps.unknown() && cluster < start && replaced.get(cluster) == 0) {
          value = old.get(cluster);
        }
        if (value != 0) {
          RefcountCodec.set(bytes, g.refcountOrder(), slot, value);
        }
      }
      file.write(table[i], ByteBuffer.wrap(bytes), 0);
    }
  }

  /** The old structures' own clusters. */
  private CountWindow replaced(long window) {
    CountWindow clusters = new CountWindow(g, window, text -> {});
    if (bitmaps.unknown()) {
      walk.walkRefcountTable(clusters, text -> {});
      old.eachBlock(offset -> clusters.used(offset, g.clusterSize()));
    }
    return clusters;
  }

  private CountWindow count(long window, long start, long end) {
    CountWindow counts =
        new CountWindow(
            g,
            window,
            text -> {
              throw new BlockException(
                  ErrorCode.IMAGE_CORRUPT,
                  "'"
                      + where
                      + "': refcounts of "
                      + g.refcountBits()
                      + " bits are too small: "
                      + text);
            });
    walk.walk(counts, text -> {});
    bitmaps.walk(counts, text -> {});
    counts.used(start << g.clusterBits(), end - start << g.clusterBits());
    return counts;
  }

  private void writeTable(long[] table, long start) {
    ByteBuffer piece = ByteBuffer.allocate(g.clusterSize());
    int perCluster = g.clusterSize() / 8;
    for (int i = 0; i < table.length; i += perCluster) {
      piece.clear();
      piece.asLongBuffer().put(table, i, perCluster);
      file.write(start + i / perCluster << g.clusterBits(), piece, 0);
    }
  }
}
