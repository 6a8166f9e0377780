package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Waits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Guest cluster to host cluster: the whole L1 table and a cache of L2 slices (sections 5 and 7).
 * Look-ups of cached slices take no lock. Entries change under the link lock, L1 entries too.
 */
final class Mapping {
  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int L1_SECTOR = 64; // entries that are written together: 512 bytes
  private static final int LOAD_LOCKS = 16;

  /** What a round writes. */
  static final class Taken {
    private final List<L2Slice> slices;
    private final List<long[]> entries = new ArrayList<>();
    private final List<BitSet> fresh = new ArrayList<>();
    private final long[] tables;
    private final BitSet l1Sectors;
    private final List<byte[]> l1Bytes = new ArrayList<>();
    private final List<Long> newTables;

    private Taken(List<L2Slice> slices, BitSet l1Sectors, List<Long> newTables) {
      this.slices = slices;
      this.tables = new long[slices.size()];
      this.l1Sectors = l1Sectors;
      this.newTables = newTables;
    }

    /** Whether something was taken that needs the refcounts to be durable before it. */
    boolean isEmpty() {
      return slices.isEmpty() && l1Sectors.isEmpty();
    }
  }

  private final HostFile file;
  private final Geometry geometry;
  private final Corruption corruption;
  private final ClusterAllocator allocator;
  private final Overlaps overlaps;
  private final Waits.WaitLock link;
  private final Waits.WaitLock tableLock;
  private final Waits.WaitLock[] loadLocks = new Waits.WaitLock[LOAD_LOCKS];
  private final int sliceBits;
  private volatile Runnable afterLoad = () -> {};
  private volatile L2Cache cache;
  private volatile long[] l1;
  private long l1Offset;
  private BitSet dirtyL1 = new BitSet();
  private List<Long> newTables = new ArrayList<>();

  /**
   * Reads the L1 table.
   *
   * @param sliceEntries entries of a slice, a power of two, at most a whole table
   * @param slices how many to keep
   */
  Mapping(
      HostFile file,
      Header header,
      Corruption corruption,
      ClusterAllocator allocator,
      Overlaps overlaps,
      Waits waits,
      int sliceEntries,
      long slices) {
    this.file = file;
    this.geometry = header.geometry();
    this.corruption = corruption;
    this.allocator = allocator;
    this.overlaps = overlaps;
    this.link = waits.newLock();
    this.tableLock = waits.newLock();
    for (int i = 0; i < LOAD_LOCKS; i++) {
      loadLocks[i] = waits.newLock();
    }
    this.sliceBits = Integer.numberOfTrailingZeros(sliceEntries);
    this.cache = new L2Cache(slices);
    load(header);
  }

  /** Reads the L1 table that the header names; nothing is cached and the node is quiesced. */
  void load(Header header) {
    l1Offset = header.l1Offset();
    l1 = Tables.read(file, header.l1Offset(), header.l1Size());
    for (long entry : l1) {
      if (L2Entry.offset(entry) != 0) {
        overlaps.addL2(L2Entry.offset(entry) >>> geometry.clusterBits());
      }
    }
  }

  /** Forgets all slices and keeps another number; nothing is dirty and the node is quiesced. */
  void replaceCache(long slices) {
    cache = new L2Cache(slices);
  }

  /** Calls somebody after each slice that is read. */
  void afterLoad(Runnable action) {
    afterLoad = action;
  }

  /** Lets slices go that were not used since the last call. */
  void dropUnused() {
    link.lock();
    try {
      cache.dropUnused();
    } finally {
      link.unlock();
    }
  }

  /** Slices in memory. */
  int cached() {
    return cache.size();
  }

  /** Entries of a slice, less 1. */
  int sliceMask() {
    return (1 << sliceBits) - 1;
  }

  /** Entries of a slice. */
  int sliceEntries() {
    return 1 << sliceBits;
  }

  /** An L1 entry; 0 behind the table. */
  long l1Entry(long index) {
    long[] table = l1;
    return index < table.length ? (long) ENTRY.getAcquire(table, (int) index) : 0;
  }

  /** Entries of the L1 table. */
  int l1Size() {
    return l1.length;
  }

  /** The L1 index of a guest cluster. */
  long l1Index(long guestCluster) {
    return guestCluster >>> (geometry.clusterBits() - 3);
  }

  /** The slice of a guest cluster; {@code null} when there is no L2 table. May be stale later. */
  L2Slice slice(long guestCluster) {
    L2Slice slice = cache.find(guestCluster >>> sliceBits);
    if (slice == null) {
      slice = load(guestCluster >>> sliceBits);
      afterLoad.run();
    }
    return slice;
  }

  /** Whether so much is dirty that a round should come before more is. */
  boolean crowded() {
    return cache.crowded();
  }

  private L2Slice load(long index) {
    long l1Index = index >>> (geometry.clusterBits() - 3 - sliceBits);
    if (l1Entry(l1Index) == 0) {
      return null;
    }
    Waits.WaitLock lock = loadLocks[(int) index & (LOAD_LOCKS - 1)];
    lock.lock();
    try {
      L2Slice slice = cache.find(index);
      long entry = l1Entry(l1Index);
      if (slice != null || entry == 0) {
        return slice;
      }
      long table = tableOffset(entry, l1Index);
      long at = table + placeInTable(index);
      slice = new L2Slice(index, Tables.read(file, at, sliceEntries()));
      link.lock();
      try {
        if (l1Entry(l1Index) == entry) { // else the table was cut off or copied meanwhile
          cache.insert(slice);
        }
      } finally {
        link.unlock();
      }
      return slice;
    } finally {
      lock.unlock();
    }
  }

  private long placeInTable(long index) {
    long slicesMask = (1L << (geometry.clusterBits() - 3 - sliceBits)) - 1;
    return (index & slicesMask) << (sliceBits + 3);
  }

  private long tableOffset(long entry, long l1Index) {
    long table = L2Entry.offset(entry);
    if (table == 0 || !geometry.aligned(table)) {
      throw corruption.fatal(
          "L2 table offset %s unaligned (L1 index: %s)"
              .formatted(Tables.hex(table), Tables.hex(l1Index)),
          table);
    }
    return table;
  }

  /**
   * Sees to it that a guest cluster has an L2 table that may be changed. Under the cluster's
   * stripe.
   *
   * @throws BlockException NO_SPACE and the like; nothing has changed then
   */
  void ensureTable(long guestCluster) {
    int index = (int) l1Index(guestCluster);
    if (L2Entry.copied(l1Entry(index)) && L2Entry.offset(l1Entry(index)) != 0) {
      return;
    }
    tableLock.lock();
    try {
      long entry = l1Entry(index);
      if (L2Entry.copied(entry) && L2Entry.offset(entry) != 0) {
        return;
      }
      long old = entry == 0 ? 0 : tableOffset(entry, index);
      long fresh = allocator.allocate(1).first();
      try {
        fill(fresh << geometry.clusterBits(), old);
      } catch (BlockException e) {
        allocator.undo(fresh, 1);
        throw e;
      }
      setTable(index, fresh, old);
    } finally {
      tableLock.unlock();
    }
  }

  private void fill(long fresh, long old) {
    if (old == 0) {
      // Zeroes reach the disk before the L1 entry does: what lay there before is no L2 table.
      file.writeZeroBytes(fresh, geometry.clusterSize());
    } else {
      long mark = file.failedSyncs();
      file.write(fresh, file.read(old, geometry.clusterSize()));
      file.syncSince(mark);
    }
  }

  private void setTable(int index, long fresh, long old) {
    allocator.locked(() -> overlaps.addL2(fresh));
    link.lock();
    try {
      ENTRY.setRelease(l1, index, fresh << geometry.clusterBits() | L2Entry.COPIED);
      dirtyL1.set(index / L1_SECTOR);
      if (old == 0) {
        newTables.add(fresh << geometry.clusterBits());
      }
    } finally {
      link.unlock();
    }
    if (old != 0) {
      allocator.locked(() -> overlaps.removeL2(old >>> geometry.clusterBits()));
      allocator.releaseOther(old >>> geometry.clusterBits(), 1);
    }
  }

  /**
   * Stores entries; their data is written, and their host clusters are taken.
   *
   * @param old takes the entries as they were
   * @return false when the slice left the cache meanwhile: look it up again
   */
  boolean link(L2Slice slice, int first, long[] entries, int count, long[] old) {
    link.lock();
    try {
      if (!slice.resident) {
        return false;
      }
      for (int i = 0; i < count; i++) {
        old[i] = slice.get(first + i);
        slice.set(first + i, entries[i]);
      }
      slice.addFresh(first, first + count);
      cache.markDirty(slice);
      return true;
    } finally {
      link.unlock();
    }
  }

  /** Takes copies of everything that differs from the disk. */
  Taken beginRound() {
    link.lock();
    try {
      Taken taken = new Taken(cache.beginWrite(), dirtyL1, newTables);
      dirtyL1 = new BitSet();
      newTables = new ArrayList<>();
      for (int i = 0; i < taken.tables.length; i++) {
        L2Slice slice = taken.slices.get(i);
        long[] copy = new long[slice.length()];
        Arrays.setAll(copy, slice::get);
        taken.entries.add(copy);
        taken.fresh.add(slice.fresh == null ? new BitSet() : slice.fresh);
        slice.fresh = null;
        long l1Index = slice.index >>> (geometry.clusterBits() - 3 - sliceBits);
        taken.tables[i] = L2Entry.offset(l1Entry(l1Index)) + placeInTable(slice.index);
      }
      BitSet sectors = taken.l1Sectors;
      for (int s = sectors.nextSetBit(0); s >= 0; s = sectors.nextSetBit(s + 1)) {
        taken.l1Bytes.add(Tables.bytes(l1, s * L1_SECTOR, L1_SECTOR));
      }
      return taken;
    } finally {
      link.unlock();
    }
  }

  /** After a failed sync: writes the zeroes of tables again that no good sync has covered. */
  void rewriteNewTables(Taken taken) {
    for (long table : taken.newTables) {
      file.writeZeroBytes(table, geometry.clusterSize());
    }
  }

  /** The entries that no good round has written, between rounds. */
  long[] freshEntries() {
    link.lock();
    try {
      return cache.dirty().stream()
          .filter(slice -> slice.fresh != null)
          .flatMapToLong(slice -> slice.fresh.stream().mapToLong(slice::get))
          .toArray();
    } finally {
      link.unlock();
    }
  }

  /** Writes what was taken; the refcounts are durable. */
  void write(Taken taken) {
    for (int i = 0; i < taken.slices.size(); i++) {
      byte[] bytes = Tables.bytes(taken.entries.get(i), 0, sliceEntries());
      overlaps.check(taken.tables[i], bytes.length, Overlaps.ACTIVE_L2);
      file.write(taken.tables[i], bytes);
    }
    int n = 0;
    for (int s = taken.l1Sectors.nextSetBit(0); s >= 0; s = taken.l1Sectors.nextSetBit(s + 1)) {
      byte[] bytes = taken.l1Bytes.get(n++);
      long at = l1Offset + (long) s * L1_SECTOR * 8;
      overlaps.check(at, bytes.length, Overlaps.ACTIVE_L1);
      file.write(at, bytes);
    }
  }

  /** Ends a round: what is not durable is dirty again. */
  void endRound(Taken taken, boolean durable) {
    link.lock();
    try {
      cache.endWrite(taken.slices, durable);
      if (!durable) {
        for (int i = 0; i < taken.tables.length; i++) {
          taken.slices.get(i).addFresh(taken.fresh.get(i));
        }
        dirtyL1.or(taken.l1Sectors);
        newTables.addAll(taken.newTables);
        // Dirty slices of these tables follow in the next round, after the zeroes.
      }
    } finally {
      link.unlock();
    }
  }

  /** Whether nothing waits to be written. */
  boolean clean() {
    link.lock();
    try {
      return cache.clean() && dirtyL1.isEmpty();
    } finally {
      link.unlock();
    }
  }

  /** Takes a larger L1 table over that is durable and named by the header; between rounds. */
  void replaceL1(long[] larger, long offset) {
    link.lock();
    try {
      long[] present = l1;
      System.arraycopy(present, 0, larger, 0, present.length);
      l1 = larger;
      l1Offset = offset;
    } finally {
      link.unlock();
    }
  }

  /** A copy of the L1 table with that many entries; between rounds. */
  long[] l1Copy(int entries) {
    return Arrays.copyOf(l1, entries);
  }

  /**
   * Empties the L1 entries from an index on; their L2 tables lose a reference.
   *
   * @return the clusters of the tables that were there
   */
  long[] cutL1(int from) {
    link.lock();
    try {
      long[] gone = new long[Math.max(0, l1.length - from)];
      int count = 0;
      for (int i = from; i < l1.length; i++) {
        if (l1[i] != 0) {
          gone[count++] = L2Entry.offset(l1[i]) >>> geometry.clusterBits();
          ENTRY.setRelease(l1, i, 0L);
          dirtyL1.set(i / L1_SECTOR);
        }
      }
      cache.dropFrom((long) from << (geometry.clusterBits() - 3 - sliceBits));
      return Arrays.copyOf(gone, count);
    } finally {
      link.unlock();
    }
  }
}
