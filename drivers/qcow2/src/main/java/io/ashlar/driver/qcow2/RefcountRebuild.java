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
 */
final class RefcountRebuild {
  private final BlockIo file;
  private final HeaderFile header;
  private final String where;
  private final Geometry g;

  RefcountRebuild(BlockIo file, HeaderFile header, String where) {
    this.file = file;
    this.header = header;
    this.where = where;
    this.g = header.header().geometry();
  }

  /**
   * Rebuilds.
   *
   * @throws BlockException IMAGE_CORRUPT when some cluster has more references than a refcount of
   *     the image's width can hold, or the image is too large for a refcount table; IO_ERROR,
   *     NO_SPACE with the old structures still in force
   */
  void run() {
    ImageWalk walk = new ImageWalk(file, header.header(), where);
    long start = walk.clusters();
    requireDescribable(start);
    BitSet wanted = wantedBlocks(walk);
    long[] size = size(wanted, start);
    long tableClusters = size[0];
    long end = size[1];
    long[] table = new long[(int) (tableClusters << g.clusterBits() - 3)];
    long at = start + tableClusters;
    for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1)) {
      table[i] = at++ << g.clusterBits();
    }
    writeBlocks(walk, wanted, table, start, end);
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
  private BitSet wantedBlocks(ImageWalk walk) {
    BitSet wanted = new BitSet();
    walk.walk(
        (offset, bytes) -> {
          int shift = g.clusterBits() + g.refcountsPerBlockBits();
          wanted.set((int) (offset >>> shift), (int) (offset + bytes - 1 >>> shift) + 1);
        },
        text -> {});
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

  private void writeBlocks(ImageWalk walk, BitSet wanted, long[] table, long start, long end) {
    CountWindow counts = null;
    byte[] bytes = new byte[g.clusterSize()];
    for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1)) {
      long first = (long) i << g.refcountsPerBlockBits();
      Arrays.fill(bytes, (byte) 0);
      for (int slot = 0; slot < g.refcountsPerBlock(); slot++) {
        long cluster = first + slot;
        // A block may be larger than a window, and a window than many blocks.
        if (counts == null || !counts.covers(cluster)) {
          counts = count(walk, cluster >>> CountWindow.BITS, start, end);
        }
        int value = counts.get(cluster);
        if (value != 0) {
          RefcountCodec.set(bytes, g.refcountOrder(), slot, value);
        }
      }
      file.write(table[i], ByteBuffer.wrap(bytes), 0);
    }
  }

  private CountWindow count(ImageWalk walk, long window, long start, long end) {
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
