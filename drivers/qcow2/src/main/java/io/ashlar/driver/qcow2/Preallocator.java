package io.ashlar.driver.qcow2;

import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.util.Arrays;

/**
 * Gives guest clusters that have none host clusters full of zeroes (section 15), ahead of their
 * first write. They differ in what the file takes: {@code METADATA} leaves holes, {@code FALLOC}
 * has the file reserve space, {@code FULL} writes zero bytes. The caller is counted in flight.
 */
final class Preallocator {
  private final Qcow2Image image;
  private final GuestWriter writer;

  Preallocator(Qcow2Image image, GuestWriter writer) {
    this.image = image;
    this.writer = writer;
  }

  /**
   * Maps the whole clusters of a range; those that have a host cluster keep it.
   *
   * @param from guest offset, cluster aligned
   * @param to guest offset; the cluster that it lies in is mapped too
   */
  void allocate(long from, long to, Preallocation how) {
    int bits = image.geometry.clusterBits();
    long end = to + image.geometry.clusterSize() - 1 >>> bits;
    for (long cluster = from >>> bits; cluster < end; ) {
      long last = Math.min(end - 1, cluster | image.mapping.sliceMask());
      long stripes = image.stripes.lock(cluster, last);
      try {
        image.mapping.ensureTable(cluster);
        cluster += run(cluster, (int) (last - cluster + 1), how);
      } finally {
        image.stripes.unlock(stripes);
      }
    }
  }

  /** Maps or passes over clusters of one slice; gives how many. */
  private int run(long cluster, int most, Preallocation how) {
    L2Slice slice = image.mapping.slice(cluster);
    int i = (int) cluster & image.mapping.sliceMask();
    int count = 0;
    while (count < most && !needed(slice.get(i + count))) {
      count++;
    }
    if (count > 0) {
      return count;
    }
    while (count < most && needed(slice.get(i + count))) {
      count++;
    }
    Clusters taken = image.allocator.allocate(count);
    int bits = image.geometry.clusterBits();
    long[] entries = new long[taken.count()];
    Arrays.setAll(entries, k -> taken.first() + k << bits | L2Entry.COPIED);
    boolean linked = false;
    try {
      fill(taken.first() << bits, (long) taken.count() << bits, taken.untouched(), how);
      writer.link(cluster, slice, entries, entries.length);
      linked = true;
    } finally {
      if (!linked) {
        image.allocator.undo(taken.first(), taken.count());
      }
    }
    return taken.count();
  }

  private static boolean needed(long entry) {
    return !L2Entry.compressed(entry) && L2Entry.offset(entry) == 0;
  }

  private void fill(long offset, long length, boolean untouched, Preallocation how) {
    image.overlaps.check(offset, length, 0);
    switch (how) {
      case OFF, METADATA -> {
        if (untouched) {
          image.file.reach(offset + length);
        } else {
          image.file.writeZeroes(offset, length, IoFlags.MAY_UNMAP);
        }
      }
      case FALLOC -> image.file.writeZeroes(offset, length, IoFlags.NONE);
      case FULL -> image.file.writeZeroBytes(offset, length);
    }
  }
}
