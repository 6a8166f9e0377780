package io.ashlar.engine.sim;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.StoredBitmap;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout of a simulated image: a header sector that names the slot of the bitmap directory,
 * slots with one sector for each bitmap, and the guest's data behind them, one sector a granule. So
 * a crash can part header, each entry and each piece of data from one another.
 */
final class SimImage {
  /** Most granules of a disk. */
  static final int GRANULES = 32;

  /** Bytes of a granule. */
  static final int GRANULE = SimDisk.SECTOR;

  /** Where the data begins, in bytes. */
  static final long DATA = 48L * SimDisk.SECTOR;

  /** Sectors of a whole image. */
  static final int SECTORS = 48 + GRANULES;

  /** Most bitmaps of an image. */
  static final int ENTRIES = 6;

  /** Slots for directories. */
  static final int SLOTS = 4;

  private SimImage() {}

  /** The header. */
  record Header(int slot, int count, long length) {
    byte[] bytes() {
      ByteBuffer sector = ByteBuffer.allocate(SimDisk.SECTOR);
      sector.putInt(slot).putInt(count).putLong(length);
      return sector.array();
    }

    static Header of(byte[] bytes) {
      ByteBuffer sector = ByteBuffer.wrap(bytes);
      return new Header(sector.getInt(), sector.getInt(), sector.getLong());
    }
  }

  /** An entry of the directory, with its bits. */
  record Entry(String name, boolean inUse, boolean enabled, long bits) {
    byte[] bytes() {
      ByteBuffer sector = ByteBuffer.allocate(SimDisk.SECTOR);
      byte[] text = name.getBytes(StandardCharsets.UTF_8);
      sector.put((byte) (inUse ? 1 : 0)).put((byte) (enabled ? 1 : 0)).putLong(bits);
      sector.putInt(text.length).put(text);
      return sector.array();
    }

    static Entry of(byte[] bytes) {
      ByteBuffer sector = ByteBuffer.wrap(bytes);
      boolean inUse = sector.get() == 1;
      boolean enabled = sector.get() == 1;
      long bits = sector.getLong();
      byte[] text = new byte[sector.getInt()];
      sector.get(text);
      return new Entry(new String(text, StandardCharsets.UTF_8), inUse, enabled, bits);
    }

    Entry flagged(boolean value) {
      return new Entry(name, value, enabled, bits);
    }

    boolean dirty(int granule) {
      return (bits >>> granule & 1) != 0;
    }

    StoredBitmap stored(int index) {
      return new StoredBitmap(index, name, GRANULE, inUse, enabled, null);
    }
  }

  /** The sector of an entry. */
  static int sector(int slot, int index) {
    return 1 + slot * ENTRIES + index;
  }

  /** The sector of a granule. */
  static int dataSector(int granule) {
    return (int) (DATA / SimDisk.SECTOR) + granule;
  }

  /** An empty image. */
  static SimDisk create(String name, int granules) {
    SimDisk disk = new SimDisk(name, SECTORS);
    write(disk, 0, new Header(0, 0, (long) granules * GRANULE).bytes());
    return disk;
  }

  /** Adds a valid stored bitmap to an image that nobody has open. */
  static void put(SimDisk disk, Entry entry) {
    Header header = Header.of(disk.read(0));
    write(disk, sector(header.slot(), header.count()), entry.bytes());
    write(disk, 0, new Header(header.slot(), header.count() + 1, header.length()).bytes());
  }

  /** The length of an image, in bytes. */
  static long length(SimDisk disk) {
    return Header.of(disk.read(0)).length();
  }

  /** What another program does that writes a granule: the bitmaps that are valid learn of it. */
  static void elsewhere(SimDisk disk, int granule, byte[] content) {
    Header header = Header.of(disk.read(0));
    for (int i = 0; i < header.count(); i++) {
      Entry entry = Entry.of(disk.read(sector(header.slot(), i)));
      if (!entry.inUse() && entry.enabled()) {
        long bits = entry.bits() | 1L << granule;
        write(disk, sector(header.slot(), i), new Entry(entry.name(), false, true, bits).bytes());
      }
    }
    write(disk, dataSector(granule), content);
  }

  private static void write(SimDisk disk, int sector, byte[] bytes) {
    disk.complete(disk.begin(sector, bytes));
    disk.flushed(disk.beginFlush());
  }

  /** What an image would say of its bitmaps now. */
  static List<Entry> durableEntries(SimDisk disk) {
    Header header = Header.of(disk.durable(0));
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < header.count(); i++) {
      entries.add(Entry.of(disk.durable(sector(header.slot(), i))));
    }
    return entries;
  }

  /** What whoever opens an image reads of its bitmaps now. */
  static List<Entry> presentEntries(SimDisk disk) {
    Header header = Header.of(disk.read(0));
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < header.count(); i++) {
      entries.add(Entry.of(disk.read(sector(header.slot(), i))));
    }
    return entries;
  }

  /** The new entry that a request for a directory means. */
  static Entry made(BitmapEntry wanted, List<Entry> present) {
    if (wanted instanceof BitmapEntry.Kept kept) {
      return present.get(kept.stored().index()).flagged(kept.inUse());
    }
    BitmapEntry.Written w = (BitmapEntry.Written) wanted;
    long[] word = new long[1];
    w.bits().copy(0, word, 1);
    return new Entry(w.name(), w.inUse(), w.enabled(), word[0]);
  }
}
