package io.ashlar.driver.qcow2;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The refcounts of an image: the whole table and a bounded number of blocks (section 6). A dirty
 * block may be written at any time, for counts fall only when the removal of the reference is
 * durable; it leaves the cache only when its write is durable. Every call needs the allocator's
 * lock, but {@link #writeBlock}.
 */
final class Refcounts {
  /** A refcount block in memory. */
  static final class Block {
    private final long index;
    private final byte[] counts;
    private boolean dirty;
    private boolean pinned;
    private boolean used;

    Block(long index, byte[] counts) {
      this.index = index;
      this.counts = counts;
    }
  }

  private static final int TABLE_SECTOR = 64; // entries that are written together: 512 bytes

  private final HostFile file;
  private final Geometry geometry;
  private final Corruption corruption;
  private final Overlaps overlaps;
  private final int order;
  private final int blockBits;
  private final Map<Long, Block> blocks = new LinkedHashMap<>(64, 0.75f, true);
  private long capacity;
  private long[] table;
  private long tableOffset;
  private BitSet dirtySectors = new BitSet();
  private Block last;

  /**
   * Reads the table.
   *
   * @param capacity bytes of blocks to keep
   */
  Refcounts(HostFile file, Header header, Corruption corruption, Overlaps overlaps, long capacity) {
    this.file = file;
    this.geometry = header.geometry();
    this.corruption = corruption;
    this.overlaps = overlaps;
    this.order = geometry.refcountOrder();
    this.blockBits = geometry.refcountsPerBlockBits();
    resizeCache(capacity);
    load(header);
  }

  /** Forgets everything and reads the table that the header names. */
  void load(Header header) {
    int entries = header.refcountTableClusters() << (geometry.clusterBits() - 3);
    table = Tables.read(file, header.refcountTableOffset(), entries);
    tableOffset = header.refcountTableOffset();
    blocks.clear();
    last = null;
    dirtySectors = new BitSet();
    for (long entry : table) {
      if ((entry & L2Entry.BLOCK_OFFSET_MASK) != 0) {
        overlaps.addBlock((entry & L2Entry.BLOCK_OFFSET_MASK) >>> geometry.clusterBits());
      }
    }
  }

  /** Keeps at most that many bytes of blocks, at least four blocks. */
  void resizeCache(long bytes) {
    capacity = Math.max(4, bytes >>> geometry.clusterBits());
  }

  /** The largest count. */
  long max() {
    return RefcountCodec.max(order);
  }

  /** Entries of the table: how many blocks there can be. */
  int tableEntries() {
    return table.length;
  }

  /** The block that describes a cluster. */
  long blockOf(long cluster) {
    return cluster >>> blockBits;
  }

  /** Whether a block exists. */
  boolean hasBlock(long index) {
    return index < table.length && table[(int) index] != 0;
  }

  /** The count of a cluster; 0 where no block is. */
  long get(long cluster) {
    Block block = block(cluster >>> blockBits);
    return block == null ? 0 : RefcountCodec.get(block.counts, order, slot(cluster));
  }

  /** Sets the count of a cluster whose block exists. */
  void set(long cluster, long count) {
    Block block = block(cluster >>> blockBits);
    RefcountCodec.set(block.counts, order, slot(cluster), count);
    block.dirty = true;
  }

  /** Adds a block of zeroes at a host offset; the caller sets the count of its cluster. */
  void addBlock(long index, long offset) {
    makeRoom();
    byte[] counts = new byte[geometry.clusterSize()];
    // Written at once so that its space is there when it is written back.
    file.write(offset, counts);
    table[(int) index] = offset;
    dirtySectors.set((int) index / TABLE_SECTOR);
    Block block = new Block(index, counts);
    block.dirty = true;
    keep(block);
    overlaps.addBlock(offset >>> geometry.clusterBits());
  }

  /** The present table and offset, for growth. */
  long[] tableCopy(int entries) {
    return java.util.Arrays.copyOf(table, entries);
  }

  /** Takes over a larger table that is durable and named by the header. */
  void replaceTable(long[] larger, long offset, List<Block> added) {
    table = larger;
    tableOffset = offset;
    dirtySectors = new BitSet();
    for (Block block : added) {
      keep(block);
      overlaps.addBlock(table[(int) block.index] >>> geometry.clusterBits());
    }
  }

  /** Writes every block that is not known to be durable, and syncs. */
  void writeBack() {
    List<Block> written = new ArrayList<>();
    long mark = file.failedSyncs();
    for (Block block : blocks.values()) {
      if (block.dirty || block.pinned) {
        writeBlock(block, block.counts);
        written.add(block);
      }
    }
    file.syncSince(mark);
    for (Block block : written) {
      block.dirty = block.pinned;
    }
  }

  /** Takes the dirty blocks for a round; they stay until it says how it ended. */
  List<Block> beginWrite() {
    List<Block> taken = new ArrayList<>();
    for (Block block : blocks.values()) {
      if (block.dirty) {
        block.dirty = false;
        block.pinned = true;
        taken.add(block);
      }
    }
    return taken;
  }

  /** The bytes of a block now. */
  byte[] copy(Block block) {
    return block.counts.clone();
  }

  /** Writes bytes of a block; without the lock. */
  void writeBlock(Block block, byte[] counts) {
    long offset = table[(int) block.index];
    overlaps.check(offset, counts.length, Overlaps.REFCOUNT_BLOCK);
    file.write(offset, counts);
  }

  /** Ends a round: what is not durable is dirty again. */
  void endWrite(List<Block> taken, boolean durable) {
    for (Block block : taken) {
      block.pinned = false;
      block.dirty |= !durable;
    }
  }

  /**
   * Writes the changed entries of the table; their blocks are durable.
   *
   * @return what was written, for {@link #tableNotDurable}; empty if nothing was
   */
  BitSet writeTable() {
    BitSet sectors = dirtySectors;
    for (int s = sectors.nextSetBit(0); s >= 0; s = sectors.nextSetBit(s + 1)) {
      long offset = tableOffset + (long) s * TABLE_SECTOR * 8;
      byte[] bytes = Tables.bytes(table, s * TABLE_SECTOR, TABLE_SECTOR);
      overlaps.check(offset, bytes.length, Overlaps.REFCOUNT_TABLE);
      file.write(offset, bytes);
    }
    dirtySectors = new BitSet();
    return sectors;
  }

  /** Whether entries of the table wait to be written. */
  boolean tableDirty() {
    return !dirtySectors.isEmpty();
  }

  /** The sync after {@link #writeTable} failed. */
  void tableNotDurable(BitSet sectors) {
    dirtySectors.or(sectors);
  }

  /** Whether nothing waits to be written. */
  boolean clean() {
    return dirtySectors.isEmpty() && blocks.values().stream().noneMatch(b -> b.dirty || b.pinned);
  }

  private int slot(long cluster) {
    return (int) cluster & ((1 << blockBits) - 1);
  }

  private Block block(long index) {
    if (last != null && last.index == index) {
      last.used = true;
      return last;
    }
    if (!hasBlock(index)) {
      return null;
    }
    Block block = blocks.get(index);
    if (block == null) {
      long offset = table[(int) index];
      if (!geometry.aligned(offset) || offset < 0) {
        throw corruption.fatal(
            "Refblock offset %s unaligned (reftable index: %s)"
                .formatted(Tables.hex(offset), Tables.hex(index)),
            offset);
      }
      makeRoom();
      block = new Block(index, file.read(offset, geometry.clusterSize()));
      keep(block);
    }
    last = block;
    block.used = true;
    return block;
  }

  private void makeRoom() {
    if (blocks.size() >= capacity && !evict()) {
      writeBack();
      evict();
    }
  }

  /** Lets clean blocks go that were not used since the last call. */
  void dropUnused() {
    blocks.values().removeIf(block -> !block.dirty && !block.pinned && !block.used);
    blocks.values().forEach(block -> block.used = false);
    last = null;
  }

  /** Blocks in memory. */
  int cached() {
    return blocks.size();
  }

  private void keep(Block block) {
    blocks.put(block.index, block);
    last = block;
  }

  private boolean evict() {
    Iterator<Block> eldestFirst = blocks.values().iterator();
    while (eldestFirst.hasNext()) {
      Block block = eldestFirst.next();
      if (!block.dirty && !block.pinned) {
        eldestFirst.remove();
        if (last == block) {
          last = null;
        }
        return true;
      }
    }
    return false;
  }
}
