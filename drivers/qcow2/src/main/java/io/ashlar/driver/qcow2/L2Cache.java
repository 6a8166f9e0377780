package io.ashlar.driver.qcow2;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A bounded set of {@link L2Slice}s, in sets of eight places. Look-ups take no lock; everything
 * else happens under the link lock. A slice that is dirty or being written never leaves.
 */
final class L2Cache {
  private static final int WAYS = 8;

  private final AtomicReferenceArray<L2Slice> places;
  private final long setMask;
  private final int mostDirty;
  private volatile List<L2Slice> dirty = new ArrayList<>();
  private int hand;

  /**
   * A cache.
   *
   * @param capacity slices, rounded down to eight times a power of two, at least 8
   */
  L2Cache(long capacity) {
    int sets = (int) Long.highestOneBit(Math.max(1, Math.min(capacity / WAYS, 1 << 24)));
    this.places = new AtomicReferenceArray<>(sets * WAYS);
    this.setMask = sets - 1L;
    this.mostDirty = Math.max(4, Math.min(places.length() / 2, 2048));
  }

  /** The resident slice of an index, or {@code null}. */
  L2Slice find(long index) {
    int base = (int) (index & setMask) * WAYS;
    for (int i = base; i < base + WAYS; i++) {
      L2Slice slice = places.getAcquire(i);
      if (slice != null && slice.index == index) {
        if (!slice.used) {
          slice.used = true;
        }
        return slice;
      }
    }
    return null;
  }

  /**
   * Makes a slice resident in place of a clean one.
   *
   * @return false when every slice in its set is dirty or being written; it is not resident then
   */
  boolean insert(L2Slice slice) {
    int base = (int) (slice.index & setMask) * WAYS;
    int place = -1;
    for (int i = 0; i < 2 * WAYS && place < 0; i++) {
      int candidate = base + (hand++ & (WAYS - 1));
      L2Slice there = places.get(candidate);
      if (there == null || (!there.dirty && !there.pinned && !there.used)) {
        place = candidate;
      } else {
        there.used = false;
      }
    }
    if (place < 0) {
      return false;
    }
    L2Slice victim = places.get(place);
    if (victim != null) {
      victim.resident = false;
    }
    slice.resident = true;
    slice.used = true;
    places.set(place, slice);
    return true;
  }

  /** Says that an entry of a resident slice was changed. */
  void markDirty(L2Slice slice) {
    if (!slice.dirty) {
      slice.dirty = true;
      dirty.add(slice);
    }
  }

  /** Whether so much is dirty that it should be written back before more is. May be read freely. */
  boolean crowded() {
    return dirty.size() >= mostDirty;
  }

  /** Whether nothing waits to be written. */
  boolean clean() {
    return dirty.isEmpty();
  }

  /** The slices that differ from the disk. */
  List<L2Slice> dirty() {
    return dirty;
  }

  /** Takes the dirty slices for a round, which keeps them resident until it says how it ended. */
  List<L2Slice> beginWrite() {
    List<L2Slice> taken = dirty;
    dirty = new ArrayList<>();
    for (L2Slice slice : taken) {
      slice.dirty = false;
      slice.pinned = true;
    }
    return taken;
  }

  /** Ends a round: what was not written durably is dirty again. */
  void endWrite(List<L2Slice> taken, boolean durable) {
    for (L2Slice slice : taken) {
      slice.pinned = false;
      if (!durable) {
        markDirty(slice);
      }
    }
  }

  /** Drops the clean slices that were not used since the last call. */
  void dropUnused() {
    for (int i = 0; i < places.length(); i++) {
      L2Slice slice = places.get(i);
      if (slice == null || slice.dirty || slice.pinned) {
        continue;
      }
      if (slice.used) {
        slice.used = false;
      } else {
        slice.resident = false;
        places.set(i, null);
      }
    }
  }

  /** Slices in memory. */
  int size() {
    int count = 0;
    for (int i = 0; i < places.length(); i++) {
      count += places.get(i) == null ? 0 : 1;
    }
    return count;
  }

  /** Drops the slices from an index on, whatever is in them; their tables are gone. */
  void dropFrom(long index) {
    for (int i = 0; i < places.length(); i++) {
      L2Slice slice = places.get(i);
      if (slice != null && slice.index >= index) {
        slice.resident = false;
        places.set(i, null);
      }
    }
    dirty.removeIf(slice -> slice.index >= index);
  }
}
