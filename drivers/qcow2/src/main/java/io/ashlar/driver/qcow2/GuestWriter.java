package io.ashlar.driver.qcow2;

import java.nio.ByteBuffer;

/**
 * Writes guest bytes (section 8). Clusters that are there already are overwritten in place, without
 * lock or object. The others are taken under their stripes: host clusters are allocated, data is
 * written with what the guest saw around it, and only then the L2 entries change. Callers are
 * counted in flight.
 */
final class GuestWriter {
  private static final int MOST_BYTES = 4 << 20; // allocated at once

  private final Qcow2Image image;
  private final Mapping mapping;
  private final HostFile file;
  private final GuestReader reader;
  private final int clusterBits;
  private final int clusterSize;
  private final long clusterMask;

  GuestWriter(Qcow2Image image, GuestReader reader) {
    this.image = image;
    this.mapping = image.mapping;
    this.file = image.file;
    this.reader = reader;
    this.clusterBits = image.geometry.clusterBits();
    this.clusterSize = image.geometry.clusterSize();
    this.clusterMask = clusterSize - 1L;
  }

  /**
   * Writes what remains in the source; the range lies within the disk. After a failure the source
   * is at the first byte that may not have been written.
   */
  void write(long offset, ByteBuffer source) {
    long at = offset;
    while (source.hasRemaining()) {
      // Without lock unless new clusters are about to be written again; see LostClusters.
      long done = image.round.proven() ? writeInPlace(at, source) : 0;
      at += done > 0 ? done : writeAllocating(at, source);
    }
  }

  /** Overwrites the run of clusters at the offset that are there; 0 when the first is not. */
  private long writeInPlace(long offset, ByteBuffer source) {
    long cluster = offset >>> clusterBits;
    L2Slice slice = mapping.slice(cluster);
    if (slice == null) {
      return 0;
    }
    int i = (int) cluster & mapping.sliceMask();
    long entry = slice.get(i);
    if (!inPlace(entry)) {
      return 0;
    }
    long host = reader.dataOffset(entry, offset);
    long there = clusterSize - (offset & clusterMask);
    long next = host + clusterSize;
    for (int k = i + 1; there < source.remaining() && k < slice.length(); k++) {
      long e = slice.get(k);
      if (!inPlace(e) || L2Entry.offset(e) != next) {
        break;
      }
      next += clusterSize;
      there += clusterSize;
    }
    int count = (int) Math.min(there, source.remaining());
    int position = source.position();
    image.overlaps.check(host + (offset & clusterMask), count, 0);
    file.writeGuest(host + (offset & clusterMask), Buffers.part(source, count));
    source.position(position + count);
    return count;
  }

  private static boolean inPlace(long entry) {
    return (entry & (L2Entry.COPIED | L2Entry.COMPRESSED | L2Entry.ZERO)) == L2Entry.COPIED
        && L2Entry.offset(entry) != 0;
  }

  private long writeAllocating(long offset, ByteBuffer source) {
    int position = source.position();
    long done = 0;
    try {
      done = underStripes(offset, source);
    } finally {
      if (done == 0) {
        source.position(position); // a second try begins here
      }
    }
    return done;
  }

  private long underStripes(long offset, ByteBuffer source) {
    long first = offset >>> clusterBits;
    long most = Math.max(1, MOST_BYTES >> clusterBits);
    long last = Math.min(offset + source.remaining() - 1 >>> clusterBits, first + most - 1);
    last = Math.min(last, first | mapping.sliceMask());
    long stripes = image.stripes.lock(first, last);
    try {
      mapping.ensureTable(first);
      L2Slice slice = mapping.slice(first);
      int i = (int) first & mapping.sliceMask();
      long entry = slice.get(i);
      if (inPlace(entry)) {
        return writeInPlace(offset, source); // somebody was faster
      }
      if (ClusterType.of(entry) == ClusterType.ZERO_ALLOCATED && L2Entry.copied(entry)) {
        return fillReserved(offset, source, slice, entry);
      }
      int count = 1;
      while (first + count <= last && needsCluster(slice.get(i + count))) {
        count++;
      }
      return allocate(offset, source, slice, count);
    } finally {
      image.stripes.unlock(stripes);
    }
  }

  private static boolean needsCluster(long entry) {
    return (entry & L2Entry.COPIED) == 0 || L2Entry.compressed(entry) || L2Entry.offset(entry) == 0;
  }

  /** Writes into the host cluster that a zero cluster has in reserve. */
  private long fillReserved(long offset, ByteBuffer source, L2Slice slice, long entry) {
    reader.checkZero(entry, offset);
    int count = (int) Math.min(clusterSize - (offset & clusterMask), source.remaining());
    image.overlaps.check(L2Entry.offset(entry), clusterSize, 0);
    writeCluster(L2Entry.offset(entry), offset, source, count, entry, false);
    long[] entries = {L2Entry.offset(entry) | L2Entry.COPIED};
    link(offset >>> clusterBits, slice, entries, 1);
    return count;
  }

  private long allocate(long offset, ByteBuffer source, L2Slice slice, int most) {
    Clusters taken = image.allocator.allocate(most);
    long firstGuest = offset >>> clusterBits;
    long end = firstGuest + taken.count() << clusterBits;
    int count = (int) Math.min(end - offset, source.remaining());
    long[] entries = new long[taken.count()];
    for (int k = 0; k < entries.length; k++) {
      entries[k] = taken.first() + k << clusterBits | L2Entry.COPIED;
    }
    long[] old = null;
    try {
      writeRun(offset, source, count, slice, taken);
      old = link(firstGuest, slice, entries, entries.length);
    } finally {
      if (old == null) {
        image.allocator.undo(taken.first(), taken.count());
      }
    }
    for (long entry : old) {
      releaseOld(entry, image.settings().punchOthers());
    }
    return count;
  }

  /** Writes a run into new clusters: its first and last one with what was around the data. */
  private void writeRun(long offset, ByteBuffer source, int count, L2Slice slice, Clusters taken) {
    long host = taken.first() << clusterBits;
    int i = (int) (offset >>> clusterBits) & mapping.sliceMask();
    int left = count;
    long at = offset;
    int head = (int) (at & clusterMask);
    if (head != 0 || left < clusterSize) {
      int n = Math.min(clusterSize - head, left);
      writeCluster(host, at, source, n, slice.get(i), taken.untouched());
      left -= n;
      at += n;
      host += clusterSize;
    }
    int whole = left & ~(int) clusterMask;
    if (whole > 0) {
      int position = source.position();
      file.writeGuest(host, Buffers.part(source, whole));
      source.position(position + whole);
      left -= whole;
      at += whole;
      host += whole;
    }
    if (left > 0) {
      int k = (int) (at >>> clusterBits) & mapping.sliceMask();
      writeCluster(host, at, source, left, slice.get(k), taken.untouched());
    }
  }

  /** Writes a part of one cluster and fills the rest with what its old entry shows. */
  private void writeCluster(
      long host, long offset, ByteBuffer source, int count, long old, boolean untouched) {
    int in = (int) (offset & clusterMask);
    long start = offset - in;
    int position = source.position();
    if (count == clusterSize || (untouched && reader.readsZero(old, start))) {
      file.writeGuest(host + in, Buffers.part(source, count));
      source.position(position + count);
      return;
    }
    ByteBuffer whole = image.buffers.take();
    reader.readOld(old, start, whole.limit(in));
    whole.limit(clusterSize).put(in, source, position, count);
    whole.position(in + count);
    if (whole.hasRemaining()) {
      reader.readOld(old, offset + count, whole);
    }
    file.writeGuest(host, whole.clear());
    image.buffers.give(whole);
    source.position(position + count);
  }

  /** Stores entries from a guest cluster on; returns what was there. Under its stripes. */
  long[] link(long cluster, L2Slice known, long[] entries, int count) {
    long[] old = new long[count];
    L2Slice slice = known;
    image.beforeLink();
    while (!mapping.link(slice, (int) cluster & mapping.sliceMask(), entries, count, old)) {
      slice = mapping.slice(cluster);
      if (!slice.resident) {
        image.round.requireProven(); // else it would wait for this request
        image.rounds.flush(); // its whole set is dirty
      }
    }
    return old;
  }

  /** Gives back what an entry that was replaced referred to. */
  void releaseOld(long entry, boolean punch) {
    if (L2Entry.compressed(entry)) {
      Geometry g = image.geometry;
      long first = g.compressedOffset(entry) >>> clusterBits;
      long last = g.compressedOffset(entry) + g.compressedLength(entry) - 1 >>> clusterBits;
      image.allocator.release(first, last - first + 1, punch);
    } else if (L2Entry.offset(entry) != 0) {
      image.allocator.release(L2Entry.offset(entry) >>> clusterBits, 1, punch);
    }
  }
}
