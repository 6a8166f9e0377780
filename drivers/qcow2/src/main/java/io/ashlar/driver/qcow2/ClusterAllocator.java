package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;

/**
 * Gives out and takes back host clusters (section 6): first fit from a cursor. Refcount blocks are
 * made where they are missing, the table grows. Thread-safe; its lock is taken after stripes and
 * the link lock, before the header's.
 */
final class ClusterAllocator {
  private final HostFile file;
  private final Geometry geometry;
  private final Refcounts counts;
  private final Overlaps overlaps;
  private final Waits.WaitLock lock;
  private final Quarantine quarantine;
  private final RefcountGrowth growth;
  private long cursor;
  private long streamEnd;
  private volatile boolean waiting;
  private volatile boolean punchOthers;

  /** The allocator of an image; {@code header} makes header changes durable. */
  ClusterAllocator(
      HostFile file,
      Geometry geometry,
      Refcounts counts,
      Overlaps overlaps,
      InFlight inFlight,
      HeaderSwitch header,
      Waits waits) {
    this.file = file;
    this.geometry = geometry;
    this.counts = counts;
    this.overlaps = overlaps;
    this.lock = waits.newLock();
    this.quarantine = new Quarantine(inFlight);
    this.growth = new RefcountGrowth(file, geometry, counts, header);
  }

  /**
   * Takes up to that many consecutive clusters, each with refcount 1 in memory.
   *
   * @throws BlockException NO_SPACE and the like; nothing is taken then
   */
  Clusters allocate(int most) {
    lock.lock();
    try {
      releaseQuiet();
      long c = Math.max(1, cursor); // cluster 0 is the header's, whatever its count says
      while (true) {
        long block = counts.blockOf(c);
        if (!counts.hasBlock(block)) {
          describe(c);
          continue;
        }
        if (counts.get(c) == 0) {
          return take(c, most);
        }
        c++;
        if (counts.blockOf(c) != block) {
          cursor = c; // what lies behind is full
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private Clusters take(long first, int most) {
    boolean untouched = first << geometry.clusterBits() >= file.writtenEnd();
    int count = 1;
    while (count < most
        && counts.hasBlock(counts.blockOf(first + count))
        && counts.get(first + count) == 0) {
      count++;
    }
    checkLimit(first + count);
    overlaps.check(first << geometry.clusterBits(), (long) count << geometry.clusterBits(), 0);
    for (int i = 0; i < count; i++) {
      counts.set(first + i, 1);
    }
    cursor = first + count;
    return new Clusters(first, count, untouched);
  }

  /** Makes the block that describes a cluster whose block is missing, in that cluster. */
  private void describe(long c) {
    long block = counts.blockOf(c);
    if (block >= counts.tableEntries()) {
      long free = growth.grow(block + 1);
      quarantineFreed(free);
      if (counts.hasBlock(block)) {
        return; // the growth described it
      }
    }
    checkLimit(c + 1);
    overlaps.check(c << geometry.clusterBits(), geometry.clusterSize(), 0);
    counts.addBlock(block, c << geometry.clusterBits());
    counts.set(c, 1);
  }

  private void quarantineFreed(long oldTable) {
    // The header that no longer names it is durable.
    long first = oldTable >>> geometry.clusterBits();
    for (long i = 0; i < growth.freedClusters(); i++) {
      quarantine.addDurable(first + i, punchOthers);
    }
    waiting = true;
  }

  /**
   * Takes exactly that many consecutive clusters.
   *
   * @return the first
   */
  long allocateTogether(long count) {
    lock.lock();
    try {
      releaseQuiet();
      long start = Math.max(1, cursor);
      long length = 0;
      while (length < count) {
        long c = start + length;
        if (!counts.hasBlock(counts.blockOf(c)) || counts.get(c) == 0) {
          length++;
        } else {
          start = c + 1;
          length = 0;
        }
      }
      return takeTogether(start, count);
    } finally {
      lock.unlock();
    }
  }

  private long takeTogether(long start, long count) {
    long end = start + count;
    // Missing blocks go behind the area; they may need blocks in turn, which go there too.
    long lastBlock = counts.blockOf(2 * end - start + 2);
    if (lastBlock >= counts.tableEntries()) {
      quarantineFreed(growth.grow(lastBlock + 1));
      return allocateTogether(count); // the table may lie in the area that was chosen
    }
    for (long block = counts.blockOf(start); block <= counts.blockOf(end - 1); block++) {
      while (!counts.hasBlock(block)) {
        describeBehind(end, block);
      }
    }
    checkLimit(end);
    overlaps.check(start << geometry.clusterBits(), count << geometry.clusterBits(), 0);
    for (long c = start; c < end; c++) {
      counts.set(c, 1);
    }
    return start;
  }

  /** Makes a missing block in the first free cluster from {@code place} on, or the one it needs. */
  private void describeBehind(long place, long block) {
    long c = place;
    while (counts.hasBlock(counts.blockOf(c)) && counts.get(c) != 0) {
      c++;
    }
    if (!counts.hasBlock(counts.blockOf(c)) && counts.blockOf(c) != block) {
      describe(c);
      return;
    }
    checkLimit(c + 1);
    overlaps.check(c << geometry.clusterBits(), geometry.clusterSize(), 0);
    counts.addBlock(block, c << geometry.clusterBits());
    counts.set(c, 1);
  }

  private void checkLimit(long end) {
    if (end > Geometry.MAX_HOST_OFFSET >>> geometry.clusterBits()) {
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "node '" + file.nodeName() + "': no cluster is free below the format's limit of 2^56");
    }
  }

  /**
   * Takes bytes for a compressed stream; each cluster it touches counts one reference more.
   *
   * @param length 1 to the cluster size
   * @return host offset of the first byte
   */
  long allocateBytes(int length) {
    lock.lock();
    try {
      int size = geometry.clusterSize();
      long at = streamEnd;
      long cluster = at >>> geometry.clusterBits();
      boolean shares = geometry.inCluster(at) != 0 && counts.get(cluster) < counts.max();
      shares &= geometry.inCluster(at) == 0 || counts.get(cluster) > 0;
      if (shares && geometry.inCluster(at) + length <= size) {
        counts.set(cluster, counts.get(cluster) + 1);
        streamEnd = at + length;
        return at;
      }
      long fresh = allocate(1).first();
      checkStream(fresh);
      if (shares && fresh == cluster + 1) {
        counts.set(cluster, counts.get(cluster) + 1);
      } else {
        at = fresh << geometry.clusterBits();
      }
      streamEnd = at + length;
      return at;
    } finally {
      lock.unlock();
    }
  }

  private void checkStream(long fresh) {
    if (fresh + 1 >= 1L << (geometry.compressedCountShift() - geometry.clusterBits())) {
      drop(fresh);
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "node '" + file.nodeName() + "': the image is too long for another compressed cluster");
    }
  }

  /** Takes clusters back that nothing on disk ever referred to: they are free at once. */
  void undo(long first, long count) {
    lock.lock();
    try {
      for (long c = first; c < first + count; c++) {
        drop(c);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes references back whose removal is in memory only; see {@link Quarantine}. */
  void release(long first, long count, boolean punch) {
    lock.lock();
    try {
      for (long c = first; c < first + count; c++) {
        quarantine.add(c, punch);
      }
      waiting = true;
    } finally {
      lock.unlock();
    }
  }

  /** The same for clusters that no request freed. */
  void releaseOther(long first, long count) {
    release(first, count, punchOthers);
  }

  /** Whether clusters that no request freed are given back to the file below. */
  void punchOthers(boolean value) {
    punchOthers = value;
  }

  /** Takes references back whose removal is durable. */
  void releaseDurable(long first, long count) {
    lock.lock();
    try {
      for (long c = first; c < first + count; c++) {
        quarantine.addDurable(c, punchOthers);
      }
      waiting = true;
      releaseQuiet();
    } finally {
      lock.unlock();
    }
  }

  private void releaseQuiet() {
    if (!waiting) {
      return;
    }
    for (Quarantine.Batch free = quarantine.release(); free != null; free = quarantine.release()) {
      for (int i = 0; i < free.size(); i++) {
        long cluster = free.get(i) & ~Quarantine.PUNCH;
        if (drop(cluster) && (free.get(i) & Quarantine.PUNCH) != 0) {
          punch(cluster);
        }
      }
    }
    waiting = !quarantine.isEmpty();
  }

  private void punch(long cluster) {
    try {
      file.discard(cluster << geometry.clusterBits(), geometry.clusterSize());
    } catch (BlockException e) {
      // The cluster is free all the same; only its space is not given back to the file system.
      return;
    }
  }

  /** Lowers a count; true when the cluster is free now. */
  private boolean drop(long cluster) {
    long count = counts.get(cluster);
    if (count == 0) {
      return false; // a broken image referred to a free cluster
    }
    counts.set(cluster, count - 1);
    if (count != 1) {
      return false;
    }
    cursor = Math.min(cursor, cluster);
    if (streamEnd >>> geometry.clusterBits() == cluster) {
      streamEnd = 0;
    }
    return true;
  }

  /** The count of a cluster. */
  long count(long cluster) {
    lock.lock();
    try {
      return counts.get(cluster);
    } finally {
      lock.unlock();
    }
  }

  /** Whether clusters wait in the quarantine, so that a flush could free some. */
  boolean hasQuarantined() {
    return waiting;
  }

  /** Frees what can be freed. */
  void releaseNow() {
    lock.lock();
    try {
      releaseQuiet();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the removals that a round will make durable; before it copies a slice. */
  Quarantine.Batch beginRound() {
    lock.lock();
    try {
      return quarantine.beginRound();
    } finally {
      lock.unlock();
    }
  }

  /** Ends a round. */
  void endRound(Quarantine.Batch taken, boolean succeeded) {
    lock.lock();
    try {
      quarantine.endRound(taken, succeeded);
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing waits to be written or freed. */
  boolean clean() {
    lock.lock();
    try {
      return counts.clean() && quarantine.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Cuts the file behind the last cluster in use; the node is quiesced and flushed. */
  void cutFile() {
    lock.lock();
    try {
      long end = Geometry.ceilDiv(file.length(), geometry.clusterSize());
      while (end > 0 && counts.get(end - 1) == 0) {
        end--;
      }
      if (end << geometry.clusterBits() < file.length()) {
        file.truncate(end << geometry.clusterBits());
      }
      streamEnd = 0;
    } finally {
      lock.unlock();
    }
  }

  /** The refcounts as a round writes them back, under this allocator's lock. */
  RefcountWriteBack writeBack() {
    return new RefcountWriteBack(counts, lock);
  }

  /** Runs something under the allocator's lock, for rebuilds and changes of the cache. */
  void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  /** Starts the search for free clusters from the beginning, after the refcounts were replaced. */
  void restart() {
    locked(
        () -> {
          cursor = 0;
          streamEnd = 0;
        });
  }
}
