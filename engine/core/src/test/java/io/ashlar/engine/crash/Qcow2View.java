package io.ashlar.engine.crash;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * An image as QEMU reads it, by a reader of its own that shares no code with the driver: guest data
 * and bitmaps.
 */
final class Qcow2View {
  /** The image makes no sense where it must. */
  static final class Nonsense extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Nonsense(String what) {
      super(what);
    }
  }

  /**
   * A stored bitmap.
   *
   * @param bits its content when it is not IN_USE, one a granule
   */
  record Bitmap(String name, boolean inUse, boolean enabled, long granularity, BitSet bits) {}

  private static final long OFFSET = 0x00fffffffffffe00L;
  private static final long COPIED = 1L << 63;
  private static final long COMPRESSED = 1L << 62;
  private static final int BITMAPS = 0x23852875;

  private final Pages file;
  final int clusterBits;
  final int cluster;
  final long size;
  final long l1Offset;
  final int l1Size;
  final long refcountTable;
  final int refcountClusters;
  final int refcountOrder;
  final long autoclear;
  final long headerLength;
  long directory;
  long directorySize;
  int bitmapCount;

  Qcow2View(Pages file) {
    this.file = file;
    require(u32(0) == 0x514649fb, "no magic");
    clusterBits = u32(20);
    require(clusterBits >= 9 && clusterBits <= 21, "cluster bits " + clusterBits);
    cluster = 1 << clusterBits;
    size = u64(24);
    l1Size = u32(36);
    l1Offset = u64(40);
    refcountTable = u64(48);
    refcountClusters = u32(56);
    refcountOrder = u32(96);
    autoclear = u64(88);
    headerLength = u32(100);
    extensions();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new Nonsense(otherwise);
    }
  }

  private ByteBuffer at(long offset, int count) {
    require(offset >= 0 && offset <= file.length(), "offset " + Long.toHexString(offset));
    return ByteBuffer.wrap(file.bytes(offset, count));
  }

  private int u32(long offset) {
    return at(offset, 4).getInt();
  }

  private long u64(long offset) {
    return at(offset, 8).getLong();
  }

  private void extensions() {
    long backing = u64(8);
    long at = headerLength;
    long end = backing == 0 ? cluster : backing;
    while (at + 8 <= end) {
      int type = u32(at);
      int length = u32(at + 4);
      if (type == 0) {
        return;
      }
      require(length >= 0 && at + 8 + length <= end, "extension of " + length + " at " + at);
      if (type == BITMAPS && (autoclear & 1) != 0) {
        bitmapCount = u32(at + 8);
        directorySize = u64(at + 16);
        directory = u64(at + 24);
      }
      at += 8 + ((length + 7) & ~7);
    }
  }

  /** The content of a guest's sector. */
  byte[] sector(long number) {
    long offset = number * Pages.SECTOR;
    long entry = entry(offset);
    if ((entry & COMPRESSED) != 0) {
      byte[] plain = inflated(entry);
      byte[] part = new byte[Pages.SECTOR];
      System.arraycopy(plain, (int) (offset % cluster), part, 0, part.length);
      return part;
    }
    long host = entry & OFFSET;
    if (host == 0 || (entry & 1) != 0) {
      return new byte[Pages.SECTOR];
    }
    require(host % cluster == 0, "data at " + Long.toHexString(host));
    return file.bytes(host + offset % cluster, Pages.SECTOR);
  }

  private long entry(long offset) {
    long entries = cluster / 8;
    long index = offset / cluster;
    long l1 = index / entries;
    require(l1 < l1Size, "guest offset " + offset + " behind the L1 table");
    long table = u64(l1Offset + l1 * 8) & OFFSET;
    return table == 0 ? 0 : u64(table + index % entries * 8);
  }

  private byte[] inflated(long entry) {
    int shift = 62 - (clusterBits - 8);
    long host = entry & ((1L << shift) - 1);
    long sectors = ((entry & ~(COMPRESSED | COPIED)) >>> shift) + 1;
    int count = (int) (sectors * 512 - host % 512);
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(file.bytes(host, count));
      byte[] plain = new byte[cluster];
      int done = 0;
      while (done < cluster) {
        int piece = inflater.inflate(plain, done, cluster - done);
        require(piece > 0, "compressed cluster ends early at " + Long.toHexString(host));
        done += piece;
      }
      return plain;
    } catch (DataFormatException e) {
      throw new Nonsense("compressed cluster at " + Long.toHexString(host) + ": " + e);
    } finally {
      inflater.end();
    }
  }

  /** An entry of the bitmap directory. */
  private record Stored(String name, long table, int tableSize, int flags, int granularityBits) {}

  /** The bitmaps that QEMU would see. */
  List<Bitmap> bitmaps() {
    List<Bitmap> found = new ArrayList<>();
    for (Stored stored : directory()) {
      boolean inUse = (stored.flags & 1) != 0;
      BitSet bits = inUse ? null : bits(stored.table, stored.tableSize);
      long granularity = 1L << stored.granularityBits;
      found.add(new Bitmap(stored.name, inUse, (stored.flags & 2) != 0, granularity, bits));
    }
    return found;
  }

  private List<Stored> directory() {
    if (bitmapCount == 0) {
      return List.of();
    }
    List<Stored> found = entries(at(directory, Math.toIntExact(directorySize)));
    require(found.size() >= bitmapCount, "bitmap directory is too short");
    return found.subList(0, bitmapCount);
  }

  /** As long as there are some that make sense. */
  private static List<Stored> entries(ByteBuffer bytes) {
    List<Stored> found = new ArrayList<>();
    while (bytes.remaining() >= 24) {
      int start = bytes.position();
      long table = bytes.getLong();
      int tableSize = bytes.getInt();
      int flags = bytes.getInt();
      bytes.get();
      int granularityBits = bytes.get();
      int nameSize = bytes.getShort() & 0xffff;
      int extra = bytes.getInt();
      if (nameSize == 0 || extra < 0 || extra + nameSize > bytes.remaining()) {
        return found;
      }
      byte[] name = new byte[nameSize];
      bytes.position(start + 24 + extra).get(name);
      String text = new String(name, StandardCharsets.UTF_8);
      found.add(new Stored(text, table, tableSize, flags, granularityBits));
      bytes.position(Math.min(bytes.limit(), start + (24 + extra + nameSize + 7 & ~7)));
    }
    return found;
  }

  private BitSet bits(long table, int entries) {
    BitSet bits = new BitSet();
    for (int i = 0; i < entries; i++) {
      long entry = u64(table + i * 8L);
      long data = entry & OFFSET;
      int first = i * cluster * 8;
      if (data != 0) {
        require(data % cluster == 0 && data + cluster <= file.length() + cluster, "bitmap data");
        BitSet part = BitSet.valueOf(file.bytes(data, cluster));
        part.stream().forEach(bit -> bits.set(first + bit));
      } else if ((entry & 1) != 0) {
        bits.set(first, first + cluster * 8);
      }
    }
    return bits;
  }

  /** What a cluster is. */
  enum Kind {
    L1,
    L2,
    REFCOUNT_TABLE,
    REFCOUNT_BLOCK,
    DIRECTORY,
    BITMAP_TABLE,
    BITMAP_DATA,
    DATA,
    OTHER
  }

  /**
   * A part of the file with one use.
   *
   * @param index of a refcount block among its kind, of a guest cluster for data
   * @param name for people
   */
  record Area(Kind kind, long start, long index, String name) {}

  /** How far into its area an offset is. */
  long place(long offset) {
    return offset - area(offset).start;
  }

  /** The area that an offset lies in. */
  Area area(long offset) {
    Area bitmaps = bitmapArea(offset);
    if (bitmaps != null) {
      return bitmaps;
    }
    if (within(offset, l1Offset, l1Size * 8L)) {
      return new Area(Kind.L1, l1Offset, 0, "L1");
    }
    if (within(offset, refcountTable, (long) refcountClusters * cluster)) {
      return new Area(Kind.REFCOUNT_TABLE, refcountTable, 0, "refcount table");
    }
    for (int i = 0; i < refcountClusters * cluster / 8; i++) {
      long block = u64(refcountTable + i * 8L);
      if (block != 0 && within(offset, block, cluster)) {
        return new Area(Kind.REFCOUNT_BLOCK, block, i, "refcount block");
      }
    }
    for (int i = 0; i < l1Size; i++) {
      long table = u64(l1Offset + i * 8L) & OFFSET;
      if (table != 0 && within(offset, table, cluster)) {
        return new Area(Kind.L2, table, i, "L2");
      }
      for (int j = 0; table != 0 && j < cluster / 8; j++) {
        long entry = u64(table + j * 8L);
        if ((entry & COMPRESSED) == 0
            && (entry & OFFSET) != 0
            && within(offset, entry & OFFSET, cluster)) {
          return new Area(Kind.DATA, entry & OFFSET, i * (cluster / 8L) + j, "data");
        }
      }
    }
    return new Area(Kind.OTHER, offset / cluster * cluster, 0, "cluster");
  }

  private Area bitmapArea(long offset) {
    if (within(offset, directory, directorySize)) {
      return new Area(Kind.DIRECTORY, directory, 0, "bitmap directory");
    }
    for (Stored stored : directory()) {
      if (within(offset, stored.table, stored.tableSize * 8L)) {
        String name = "table of bitmap '" + stored.name + "'";
        return new Area(Kind.BITMAP_TABLE, stored.table, 0, name);
      }
      for (int i = 0; i < stored.tableSize; i++) {
        long data = u64(stored.table + i * 8L) & OFFSET;
        if (data != 0 && within(offset, data, cluster)) {
          return new Area(Kind.BITMAP_DATA, data, i, "bits of bitmap '" + stored.name + "'");
        }
      }
    }
    return null;
  }

  /** The names in the directory, and which bitmaps are IN_USE. */
  List<String> bitmapNames() {
    return names(directory());
  }

  private static List<String> names(List<Stored> entries) {
    return entries.stream()
        .map(stored -> stored.name + ((stored.flags & 1) != 0 ? " IN_USE" : ""))
        .toList();
  }

  /** The same of bytes that may be a directory or anything else. */
  static List<String> namesIn(ByteBuffer bytes) {
    List<Stored> found = entries(bytes.duplicate());
    boolean likely =
        found.stream()
            .allMatch(
                stored ->
                    stored.table % Pages.SECTOR == 0
                        && (stored.flags & ~3) == 0
                        && stored.granularityBits >= 9
                        && stored.granularityBits < 32);
    return likely ? names(found) : List.of();
  }

  private static boolean within(long offset, long start, long length) {
    return offset >= start && offset < start + length;
  }
}
