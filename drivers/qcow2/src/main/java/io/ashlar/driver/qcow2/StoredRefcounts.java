package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The refcounts as they stand on disk, for checks: the whole table (at most 8 MiB) and a few blocks
 * (at most 8 MiB) in memory. Changes are written back by {@link #flush} or when a block leaves.
 */
final class StoredRefcounts {
  /** Sees the blocks. */
  interface BlockVisitor {
    /** A block that lies in the file, at a cluster boundary. */
    void block(long offset);
  }

  private static final int CACHE_BYTES = 8 << 20;

  private final BlockIo file;
  private final Geometry g;
  private final long fileLength;
  private final long[] table;
  private final Map<Long, Block> cache = new LinkedHashMap<>(16, 0.75f, true);
  private Block last;

  private static final class Block {
    final long offset;
    final byte[] bytes;
    boolean dirty;

    Block(long offset, byte[] bytes) {
      this.offset = offset;
      this.bytes = bytes;
    }
  }

  StoredRefcounts(BlockIo file, Header header, ImageWalk walk) {
    this.file = file;
    this.g = header.geometry();
    this.fileLength = walk.fileLength();
    long entries = ((long) header.refcountTableClusters() << g.clusterBits()) / 8;
    long there = Math.max(0, (fileLength - header.refcountTableOffset() + 7) / 8);
    this.table = new long[(int) Math.min(entries, there)];
    walk.eachEntry(
        header.refcountTableOffset(), table.length, (index, e) -> table[(int) index] = e);
  }

  /** Entries of the table that lie in the file. */
  int tableLength() {
    return table.length;
  }

  /** A table entry. */
  long tableEntry(int index) {
    return table[index];
  }

  /** Whether an entry of the table is sound and its block lies in the file; 0 is not. */
  boolean hasBlock(long index) {
    return index < table.length && sound(table[(int) index]);
  }

  private boolean sound(long entry) {
    return entry > 0 && g.aligned(entry) && entry < fileLength;
  }

  /** Shows the sound blocks. */
  void eachBlock(BlockVisitor visitor) {
    for (long entry : table) {
      if (sound(entry)) {
        visitor.block(entry);
      }
    }
  }

  /** The stored refcount of a cluster, unsigned; 0 where there is no block. */
  long get(long cluster) {
    Block block = block(cluster >>> g.refcountsPerBlockBits());
    return block == null ? 0 : RefcountCodec.get(block.bytes, g.refcountOrder(), slot(cluster));
  }

  /** Sets the stored refcount of a cluster that has a block. */
  void set(long cluster, long value) {
    Block block = block(cluster >>> g.refcountsPerBlockBits());
    RefcountCodec.set(block.bytes, g.refcountOrder(), slot(cluster), value);
    block.dirty = true;
  }

  /** Writes back and makes durable. */
  void flush() {
    for (Block block : cache.values()) {
      write(block);
    }
    file.flush();
  }

  private int slot(long cluster) {
    return (int) (cluster & (g.refcountsPerBlock() - 1));
  }

  private Block block(long index) {
    if (!hasBlock(index)) {
      return null;
    }
    long offset = table[(int) index];
    if (last != null && last.offset == offset) {
      return last;
    }
    Block block = cache.get(offset);
    if (block == null) {
      evict();
      byte[] bytes = new byte[g.clusterSize()];
      HeaderCodec.readPadded(file, offset, bytes);
      block = new Block(offset, bytes);
      cache.put(offset, block);
    }
    last = block;
    return block;
  }

  private void evict() {
    var blocks = cache.values().iterator();
    while ((cache.size() + 1L) * g.clusterSize() > CACHE_BYTES && blocks.hasNext()) {
      Block oldest = blocks.next();
      write(oldest);
      blocks.remove();
    }
  }

  private void write(Block block) {
    if (block.dirty) {
      file.write(block.offset, ByteBuffer.wrap(block.bytes), 0);
      block.dirty = false;
    }
  }
}
