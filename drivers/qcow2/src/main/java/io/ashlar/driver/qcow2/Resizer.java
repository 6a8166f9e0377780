package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.Waits;
import java.nio.ByteBuffer;

/**
 * Changes the length of the disk (section 15). A longer one has its tables first and its size last;
 * a shorter one loses the size first, then the clusters behind it.
 */
final class Resizer {
  private final Qcow2Image image;
  private final GuestReader reader;
  private final GuestWriter writer;
  private final ZeroWriter zeroes;
  private final Preallocator preallocator;
  private final Waits.WaitLock lock;

  Resizer(Qcow2Image image, GuestReader reader, GuestWriter writer, ZeroWriter zeroes) {
    this.image = image;
    this.reader = reader;
    this.writer = writer;
    this.zeroes = zeroes;
    this.preallocator = new Preallocator(image, writer);
    this.lock = image.context.waits().newLock();
  }

  /**
   * Sets the length.
   *
   * @throws BlockException INVALID_REQUEST for a length that is no multiple of 512, LIMIT_EXCEEDED
   *     beyond what the format's tables can describe, NOT_SUPPORTED for 0 while bitmaps are stored
   */
  void resize(long length, Preallocation preallocation) {
    if (length < 0 || length % 512 != 0) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "node '" + image.nodeName() + "': The new size must be a multiple of 512");
    }
    if (length > image.geometry.maxVirtualSize()) {
      throw new BlockException(
          ErrorCode.LIMIT_EXCEEDED,
          "node '%s': at this cluster size a disk has at most %d bytes"
              .formatted(image.nodeName(), image.geometry.maxVirtualSize()));
    }
    lock.lock();
    try {
      long present = image.virtualSize();
      if (length > present) {
        grow(present, length, preallocation);
      } else if (length < present) {
        shrink(present, length);
      }
    } finally {
      lock.unlock();
    }
  }

  private void grow(long from, long to, Preallocation preallocation) {
    growL1((int) image.geometry.l1EntriesFor(to));
    int ticket = image.inFlight.enter();
    try {
      // What a longer backing file or an earlier, longer life of this disk left must not appear.
      long clusterEnd =
          Math.min(to, image.geometry.clusterStart(from + image.geometry.clusterSize() - 1));
      if (clusterEnd > from) {
        zeroTail(from, clusterEnd);
      }
      Child below = image.backing();
      boolean longer = below != null && below.length() > from;
      // Zero clusters cost nothing, so QEMU makes them up to the new end; version 2 has none.
      long zeroEnd = longer && !image.version3 ? Math.min(to, below.length()) : to;
      if (longer && zeroEnd > clusterEnd) {
        zeroes.zero(clusterEnd, zeroEnd - clusterEnd, IoFlags.NONE, to);
      }
      switch (preallocation) {
        case OFF -> {}
        case METADATA, FALLOC, FULL -> {
          long whole = image.geometry.clusterStart(from + image.geometry.clusterSize() - 1);
          writeZeroBytes(from, Math.min(whole, to) - from);
          if (whole < to) {
            preallocator.allocate(whole, to, preallocation);
          }
        }
      }
    } finally {
      image.inFlight.leave(ticket);
    }
    image.rounds.flush();
    image.change(h -> h.withSize(to));
    image.virtualSize(to);
  }

  private void zeroTail(long from, long clusterEnd) {
    long cluster = from >>> image.geometry.clusterBits();
    L2Slice slice = image.mapping.slice(cluster);
    long entry = slice == null ? 0 : slice.get((int) cluster & image.mapping.sliceMask());
    ClusterType type = ClusterType.of(entry);
    boolean shows =
        switch (type) {
          case ZERO_PLAIN, ZERO_ALLOCATED -> false;
          case UNALLOCATED -> !reader.readsZero(entry, from);
          case NORMAL, COMPRESSED -> true;
        };
    if (shows) {
      writeZeroBytes(from, clusterEnd - from);
    }
  }

  private void writeZeroBytes(long offset, long length) {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(length, 1 << 16));
    for (long done = 0; done < length; ) {
      int part = (int) Math.min(length - done, piece.capacity());
      writer.write(offset + done, piece.clear().limit(part));
      done += part;
    }
  }

  private void growL1(int entries) {
    if (entries <= image.mapping.l1Size()) {
      return;
    }
    image.rounds.flush();
    image.rounds.between(
        () -> {
          Geometry g = image.geometry;
          Header old = image.header();
          long clusters = g.clustersFor(8L * entries);
          long first = image.allocator.allocateTogether(clusters);
          long offset = first << g.clusterBits();
          long[] table = image.mapping.l1Copy(entries);
          image.round.run(); // its counts, and entries that changed in between
          long mark = image.file.failedSyncs();
          Tables.write(image.file, offset, image.mapping.l1Copy(entries));
          image.file.syncSince(mark);
          image.settle();
          image.change(h -> h.withL1(offset, entries));
          image.mapping.replaceL1(table, offset);
          image.allocator.releaseDurable(
              old.l1Offset() >>> g.clusterBits(), g.clustersFor(8L * old.l1Size()));
        });
  }

  private void shrink(long from, long to) {
    if (to == 0 && image.header().bitmaps().isPresent()) {
      // QEMU does it, and loses the bitmaps when it closes; with them it opens no such image.
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "node '%s' cannot be shrunk to 0 bytes, dirty bitmaps are stored in it; remove them first"
                  .formatted(image.nodeName())
              + ", or make the node read-only once if none is left");
    }
    Geometry g = image.geometry;
    image.rounds.flush();
    image.change(h -> h.withSize(to));
    image.virtualSize(to);
    long firstGone = g.clusterStart(to + g.clusterSize() - 1);
    int ticket = image.inFlight.enter();
    try {
      long lastGone = g.clusterStart(from + g.clusterSize() - 1);
      if (firstGone < lastGone) {
        zeroes.forget(firstGone, lastGone);
      }
    } finally {
      image.inFlight.leave(ticket);
    }
    image.rounds.flush();
    image.rounds.between(
        () -> {
          for (long table : image.mapping.cutL1((int) g.l1EntriesFor(to))) {
            image.allocator.releaseOther(table, 1);
            image.allocator.locked(() -> image.overlaps.removeL2(table));
          }
        });
    image.rounds.flush();
    image.allocator.releaseNow();
    image.rounds.flush();
    image.allocator.cutFile();
  }
}
