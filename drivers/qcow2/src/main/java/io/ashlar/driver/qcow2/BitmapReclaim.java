package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Texts;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Frees the clusters of stored bitmaps that were removed. The header no longer names them, durably.
 * What cannot be freed leaks, and that is told; nothing else goes wrong.
 */
final class BitmapReclaim {
  private final MetadataSpace space;
  private final Geometry g;
  private final ImageWalk image;
  private final BitmapWalk bitmaps;

  BitmapReclaim(MetadataSpace space) {
    this.space = space;
    this.g = space.header().geometry();
    this.image = new ImageWalk(space.storage(), space.header());
    this.bitmaps = new BitmapWalk(space.storage(), space.header(), image, space.nodeName(), false);
  }

  /** Frees a run of clusters that nothing refers to. */
  void run(long offset, long clusters) {
    try {
      space.free(offset, clusters);
    } catch (BlockException e) {
      space.warn("clusters of stored bitmaps leak: " + e.getMessage());
    }
  }

  /** Frees a bitmap whose table and data were read or written by this node. */
  void known(DirectoryEntry entry) {
    try {
      BitmapTable table = new BitmapTable(space, entry);
      table.walk(
          (index, value) -> {
            // A damaged entry may point anywhere: better a leak than somebody's data freed.
            if (!BitmapTable.damaged(value, g) && L2Entry.offset(value) != 0) {
              space.free(L2Entry.offset(value), 1);
            }
          });
      space.free(entry.tableOffset(), table.tableClusters());
    } catch (BlockException e) {
      leak(entry, e.getMessage());
    }
  }

  /**
   * Frees bitmaps that nobody has read, such as those found IN_USE or unusable. Their tables may
   * say anything, so all tables of the image are read, and a cluster with another user stays.
   */
  void unread(List<DirectoryEntry> entries) {
    try {
      Claims claims = new Claims();
      for (DirectoryEntry entry : entries) {
        String[] why = {null};
        boolean whole =
            bitmaps.entry(
                entry,
                claims,
                new ImageWalk.Findings() {
                  @Override
                  public void corruption(String text) {
                    why[0] = text;
                  }
                });
        if (!whole) {
          leak(entry, why[0] == null ? entry.stored().unusable() : why[0]);
        }
      }
      claims.sort();
      space.flushRefcounts(); // what was allocated lately shows in the tables
      image.walk(claims.others, text -> {});
      image.walkRefcountTable(claims.others, text -> {});
      new StoredRefcounts(space.storage(), space.header(), image)
          .eachBlock(offset -> claims.others.used(offset, g.clusterSize()));
      bitmaps.walk(claims.others, text -> {});
      claims.free();
      if (!claims.shared.isEmpty()) {
        space.warn(
            "a removed bitmap had clusters of others in its table, and some of its own leak");
      }
    } catch (BlockException e) {
      entries.forEach(entry -> leak(entry, e.getMessage()));
    }
  }

  private void leak(DirectoryEntry entry, String why) {
    space.warn(
        "bitmap '"
            + Texts.printable(entry.stored().name())
            + "' is removed and some of its clusters leak, which qemu-img check -r leaks mends: "
            + why);
  }

  /** Clusters that removed bitmaps call their own, and which of them something else uses. */
  private final class Claims implements ImageWalk.References {
    private long[] clusters = new long[64];
    private int count;
    private final BitSet shared = new BitSet();
    private final ImageWalk.References others = this::markShared;

    @Override
    public void used(long offset, long bytes) {
      long last = offset + bytes - 1 >>> g.clusterBits();
      for (long c = offset >>> g.clusterBits(); c <= last; c++) {
        if (count == clusters.length) {
          clusters = Arrays.copyOf(clusters, 2 * count);
        }
        clusters[count++] = c;
      }
    }

    void sort() {
      Arrays.sort(clusters, 0, count);
    }

    private void markShared(long offset, long bytes) {
      long last = offset + bytes - 1 >>> g.clusterBits();
      int at = Arrays.binarySearch(clusters, 0, count, offset >>> g.clusterBits());
      at = at < 0 ? -at - 1 : at;
      while (at > 0 && clusters[at - 1] == offset >>> g.clusterBits()) {
        at--; // claimed twice
      }
      for (; at < count && clusters[at] <= last; at++) {
        shared.set(at);
      }
    }

    void free() {
      for (int i = 0; i < count; i++) {
        boolean again = i > 0 && clusters[i] == clusters[i - 1];
        if (!again && !shared.get(i)) {
          space.free(clusters[i] << g.clusterBits(), 1);
        }
      }
    }
  }
}
