package io.ashlar.driver.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.BitSet;

/**
 * A part of an L2 table in memory. Entries are read without a lock; they change under the link lock
 * and while the slice is resident only. Left to the collector, never used again for another part,
 * so that a reader may look at one that has left the cache.
 */
final class L2Slice {
  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

  /** Its place: guest cluster / entries of a slice. */
  final long index;

  private final long[] entries;

  /** In the cache. Changed under the link lock. */
  volatile boolean resident;

  /** Looked at since the last search for a victim. */
  volatile boolean used;

  /** Differs from the disk, or from what a round is writing. Under the link lock. */
  boolean dirty;

  /**
   * Entries that no good round has written yet, or null for none: what they name was written since
   * the last one. Under the link lock.
   */
  BitSet fresh;

  /** A round is writing it, or its write is not known to be durable. Under the link lock. */
  boolean pinned;

  L2Slice(long index, long[] entries) {
    this.index = index;
    this.entries = entries;
  }

  /** An entry, as it was stored after the data it points to was written. */
  long get(int i) {
    return (long) ENTRY.getAcquire(entries, i);
  }

  /** Stores an entry; under the link lock, with {@link L2Cache#markDirty}. */
  void set(int i, long entry) {
    ENTRY.setRelease(entries, i, entry);
  }

  /** Says that entries are fresh; under the link lock. */
  void addFresh(int from, int to) {
    if (fresh == null) {
      fresh = new BitSet();
    }
    fresh.set(from, to);
  }

  /** The same for those that a round did not make durable. */
  void addFresh(BitSet more) {
    if (fresh == null) {
      fresh = new BitSet();
    }
    fresh.or(more);
  }

  /** How many entries. */
  int length() {
    return entries.length;
  }
}
