package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The bitmap directory of an image as it was read (section 13). Its own structure must be sound:
 * the entries fill it exactly. What is wrong with a single entry makes that entry unusable and
 * nothing else.
 */
final class BitmapDirectory {
  /** No bitmaps. */
  static final BitmapDirectory EMPTY = new BitmapDirectory(null, List.of(), null);

  /** The name under which a directory is listed that is damaged as a whole. */
  static final String DAMAGED = "(bitmap directory)";

  /** The name of the bitmap that belongs to a fence; no other bitmap may have it. */
  static final String SENTINEL = "ashlar.fence";

  /** Reads bytes of the file, zeroes past its end. */
  interface Reader {
    void read(long offset, ByteBuffer target);
  }

  private final BitmapsExtension place;
  private final List<DirectoryEntry> entries;
  private final String damage;

  private BitmapDirectory(BitmapsExtension place, List<DirectoryEntry> entries, String damage) {
    this.place = place;
    this.entries = entries;
    this.damage = damage;
  }

  /**
   * The same for code that works around a damaged directory: it has no entries, and {@link #damage}
   * says why.
   *
   * @throws BlockException IO_ERROR when the file cannot be read
   */
  static BitmapDirectory readOrDamaged(Header header, long fileLength, Reader file, String where) {
    try {
      return read(header, fileLength, file, where);
    } catch (BlockException e) {
      if (e.code() != ErrorCode.IMAGE_CORRUPT) {
        throw e;
      }
      return new BitmapDirectory(header.bitmaps().orElseThrow(), List.of(), e.getMessage());
    }
  }

  /**
   * Reads the directory that the header points to; empty when autoclear bit 0 does not vouch for
   * one.
   *
   * @throws BlockException IMAGE_CORRUPT naming what does not fit
   */
  static BitmapDirectory read(Header header, long fileLength, Reader file, String where) {
    BitmapsExtension place = header.bitmaps().orElse(null);
    if (place == null || header.version() < 3) {
      return EMPTY;
    }
    Geometry g = header.geometry();
    checkPlace(place, g, fileLength, where);
    byte[] bytes = new byte[(int) place.directorySize()];
    file.read(place.directoryOffset(), ByteBuffer.wrap(bytes));
    return new BitmapDirectory(place, entries(bytes, place, header, fileLength, where), null);
  }

  private static void checkPlace(
      BitmapsExtension place, Geometry g, long fileLength, String where) {
    long count = place.count() & 0xFFFF_FFFFL;
    if (count == 0 || count > BitmapsExtension.MAX_BITMAPS) {
      throw corrupt(where, count + " bitmaps; 1 to 65535 are allowed");
    }
    long size = place.directorySize();
    if (size < count * DirectoryEntry.FIXED || size > BitmapsExtension.MAX_DIRECTORY_SIZE) {
      throw corrupt(
          where,
          "a directory of "
              + Long.toUnsignedString(size)
              + " bytes for "
              + count
              + " bitmaps; at most "
              + BitmapsExtension.MAX_DIRECTORY_SIZE
              + " are allowed");
    }
    long offset = place.directoryOffset();
    if (offset <= 0 || !g.aligned(offset) || offset > fileLength - size) {
      throw corrupt(
          where,
          "a directory at 0x"
              + Long.toHexString(offset)
              + ", which is not aligned or not within the file's "
              + fileLength
              + " bytes");
    }
  }

  private static List<DirectoryEntry> entries(
      byte[] bytes, BitmapsExtension place, Header header, long fileLength, String where) {
    List<DirectoryEntry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    ByteBuffer all = ByteBuffer.wrap(bytes);
    int at = 0;
    while (at < bytes.length && entries.size() < place.count()) {
      if (bytes.length - at < DirectoryEntry.FIXED) {
        throw corrupt(where, "a directory that ends within entry " + entries.size());
      }
      long extra = all.getInt(at + 20) & 0xFFFF_FFFFL;
      int nameLength = all.getShort(at + 18) & 0xFFFF;
      long length = DirectoryEntry.paddedLength(extra, nameLength);
      if (length > bytes.length - at) {
        throw corrupt(
            where,
            "entry "
                + entries.size()
                + " of the directory says "
                + length
                + " bytes where "
                + (bytes.length - at)
                + " are left");
      }
      byte[] raw = Arrays.copyOfRange(bytes, at, at + (int) length);
      String unusable =
          DirectoryEntry.unusableReason(
              ByteBuffer.wrap(raw), header.geometry(), header.size() & -512L, fileLength);
      DirectoryEntry entry = new DirectoryEntry(at, raw, entries.size(), unusable);
      if (unusable == null && !names.add(entry.stored().name())) {
        entry = new DirectoryEntry(at, raw, entries.size(), "a second entry of this name");
      }
      entries.add(entry);
      at += (int) length;
    }
    if (at != bytes.length || entries.size() != place.count()) {
      throw corrupt(
          where,
          "a directory whose "
              + entries.size()
              + " entries take "
              + at
              + " bytes, where the header says "
              + place.count()
              + " and "
              + bytes.length);
    }
    return List.copyOf(entries);
  }

  /** The entries in order. */
  List<DirectoryEntry> entries() {
    return entries;
  }

  /** Where it lies; {@code null} for {@link #EMPTY}. */
  BitmapsExtension place() {
    return place;
  }

  /** What is wrong with the directory as a whole, or {@code null}. */
  String damage() {
    return damage;
  }

  /** Whether an entry of {@link #stored} stands for a directory damaged as a whole. */
  boolean standsForAll(StoredBitmap bitmap) {
    return damage != null && bitmap.name().equals(DAMAGED);
  }

  /**
   * What callers see: everything but the bitmap of a fence, and a damaged directory as one unusable
   * bitmap.
   */
  List<StoredBitmap> stored() {
    if (damage != null) {
      return List.of(new StoredBitmap(0, DAMAGED, 0, false, false, damage));
    }
    return entries.stream().filter(e -> !e.isSentinel()).map(DirectoryEntry::stored).toList();
  }

  /** The entry that belongs to a fence, if there is one. */
  Optional<DirectoryEntry> sentinel() {
    return entries.stream().filter(DirectoryEntry::isSentinel).findFirst();
  }

  /** The same directory with IN_USE in every usable entry but that of a fence. */
  BitmapDirectory armed() {
    return new BitmapDirectory(
        place,
        entries.stream()
            .map(
                e ->
                    e.usable() && !e.isSentinel()
                        ? new DirectoryEntry(e.position(), e.bytes(true), e.stored().index(), null)
                        : e)
            .toList(),
        damage);
  }

  /**
   * The present entry that a caller means.
   *
   * @throws BlockException BITMAP_NOT_FOUND when the directory has changed since
   */
  DirectoryEntry find(StoredBitmap bitmap, String where) {
    if (bitmap.index() >= 0 && bitmap.index() < entries.size()) {
      DirectoryEntry entry = entries.get(bitmap.index());
      if (entry.stored().name().equals(bitmap.name())) {
        return entry;
      }
    }
    throw new BlockException(
        ErrorCode.BITMAP_NOT_FOUND,
        "'"
            + where
            + "' has no stored bitmap '"
            + Texts.printable(bitmap.name())
            + "' at place "
            + bitmap.index()
            + " of its directory; read the directory again");
  }

  private static BlockException corrupt(String where, String what) {
    return new BlockException(
        ErrorCode.IMAGE_CORRUPT,
        "'"
            + where
            + "': the header names "
            + what
            + "; guest data is not affected, but its bitmaps cannot be used");
  }
}
