package io.ashlar.driver.qcow2;

import java.util.ArrayList;
import java.util.List;

/**
 * Which clusters hold metadata, asked before each write of metadata or data (section 17). Look-ups
 * take no lock; changes come one at a time, under the allocator's lock.
 */
final class Overlaps {
  /** Bits of {@link #guarded}, in QEMU's order. */
  static final int HEADER = 1;

  static final int ACTIVE_L1 = 1 << 1;
  static final int ACTIVE_L2 = 1 << 2;
  static final int REFCOUNT_TABLE = 1 << 3;
  static final int REFCOUNT_BLOCK = 1 << 4;
  static final int SNAPSHOT_TABLE = 1 << 5;
  static final int INACTIVE_L1 = 1 << 6;
  static final int INACTIVE_L2 = 1 << 7;
  static final int BITMAP_DIRECTORY = 1 << 8;

  /** The template {@code constant}. */
  static final int CONSTANT =
      HEADER | ACTIVE_L1 | REFCOUNT_TABLE | SNAPSHOT_TABLE | BITMAP_DIRECTORY;

  /** The template {@code cached}, QEMU's default. */
  static final int CACHED = CONSTANT | ACTIVE_L2 | REFCOUNT_BLOCK | INACTIVE_L1;

  /** The template {@code all}. */
  static final int ALL = CACHED | INACTIVE_L2;

  private static final String[] NAMES = {
    "qcow2_header",
    "active L1 table",
    "active L2 table",
    "refcount table",
    "refcount block",
    "snapshot table",
    "inactive L1 table",
    "inactive L2 table",
    "bitmap directory"
  };

  private record Area(int kind, long first, long count) {}

  private final Corruption corruption;
  private final int clusterBits;
  private final OverlapMap l2Tables = new OverlapMap();
  private final OverlapMap blocks = new OverlapMap();
  private volatile OverlapMap constant = new OverlapMap();
  private volatile List<Area> areas = List.of();
  private volatile int guarded;

  Overlaps(Corruption corruption, int clusterBits, int guarded) {
    this.corruption = corruption;
    this.clusterBits = clusterBits;
    this.guarded = guarded;
  }

  /** What is looked at from now on. */
  void guard(int kinds) {
    guarded = kinds;
  }

  /**
   * Takes the places of the tables that the header names.
   *
   * @param directory whether its bitmap directory is sound; the place of a damaged one may be
   *     anything, guest data too, and guards nothing
   */
  void header(Header h, boolean directory) {
    List<Area> next = new ArrayList<>();
    next.add(new Area(HEADER, 0, 1));
    add(next, ACTIVE_L1, h.l1Offset(), 8L * h.l1Size());
    add(
        next,
        REFCOUNT_TABLE,
        h.refcountTableOffset(),
        (long) h.refcountTableClusters() << clusterBits);
    h.bitmaps()
        .filter(b -> directory)
        .ifPresent(b -> add(next, BITMAP_DIRECTORY, b.directoryOffset(), b.directorySize()));
    OverlapMap map = new OverlapMap();
    for (Area area : next) {
      map.add(area.first, area.count);
    }
    areas = List.copyOf(next);
    constant = map;
  }

  private void add(List<Area> to, int kind, long offset, long bytes) {
    long size = 1L << clusterBits;
    if (bytes > 0) {
      to.add(new Area(kind, offset >>> clusterBits, Geometry.ceilDiv(bytes, size)));
    }
  }

  /** A cluster became an L2 table. */
  void addL2(long cluster) {
    l2Tables.add(cluster, 1);
  }

  /** A cluster is no L2 table any more. */
  void removeL2(long cluster) {
    l2Tables.remove(cluster, 1);
  }

  /** Forgets L2 tables and refcount blocks, before they are read anew; the node is quiesced. */
  void forgetTables() {
    l2Tables.clear();
    blocks.clear();
  }

  /** A cluster became a refcount block. */
  void addBlock(long cluster) {
    blocks.add(cluster, 1);
  }

  /**
   * Refuses to write where other metadata lies.
   *
   * @param offset host offset
   * @param bytes at least 1
   * @param own kinds that may lie there
   * @throws io.ashlar.spi.BlockException IMAGE_CORRUPT; the image is marked
   */
  void check(long offset, long bytes, int own) {
    long first = offset >>> clusterBits;
    long last = offset + bytes - 1 >>> clusterBits;
    for (long c = first; c <= last; c++) {
      if (constant.contains(c) || l2Tables.contains(c) || blocks.contains(c)) {
        int found = kinds(c) & guarded & ~own;
        if (found != 0) {
          String name = NAMES[Integer.numberOfTrailingZeros(found)];
          throw corruption.fatal(
              "Preventing invalid write on metadata (overlaps with " + name + ")", offset);
        }
      }
    }
  }

  private int kinds(long cluster) {
    int found = (l2Tables.contains(cluster) ? ACTIVE_L2 : 0);
    found |= blocks.contains(cluster) ? REFCOUNT_BLOCK : 0;
    for (Area area : areas) {
      if (cluster >= area.first && cluster < area.first + area.count) {
        found |= area.kind;
      }
    }
    return found;
  }
}
