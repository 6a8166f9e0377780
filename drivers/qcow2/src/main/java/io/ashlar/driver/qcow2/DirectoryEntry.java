package io.ashlar.driver.qcow2;

import io.ashlar.spi.StoredBitmap;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** One entry of the bitmap directory (section 13): its bytes, and what they mean. Immutable. */
final class DirectoryEntry {
  /** Bytes before extra data and name. */
  static final int FIXED = 24;

  /** Flag: the stored bits are out of date. */
  static final int IN_USE = 1;

  /** Flag: records writes. */
  static final int AUTO = 2;

  /** Longest name in bytes. */
  static final int MAX_NAME = 1023;

  /** Most bytes of bits, as whole clusters. */
  static final long MAX_DATA = 512L << 20;

  /**
   * log2 of the granularity of a fence's bitmap: the largest, so that its table has one entry on
   * nearly every disk and a resize by QEMU does not make it unusable.
   */
  static final int SENTINEL_BITS = 31;

  private static final int DIRTY_TRACKING = 1;

  private final int position;
  private final byte[] raw;
  private final ByteBuffer fields;
  private final StoredBitmap stored;

  /**
   * An entry as read.
   *
   * @param position its first byte in the directory
   * @param raw its bytes with padding
   * @param index its place in the directory
   * @param unusable why it cannot be used, or {@code null}
   */
  DirectoryEntry(int position, byte[] raw, int index, String unusable) {
    this.position = position;
    this.raw = raw;
    this.fields = ByteBuffer.wrap(raw);
    int bits = granularityBits();
    this.stored =
        new StoredBitmap(
            index,
            text(nameBytes()),
            bits < 63 ? 1L << bits : 0,
            (flags() & IN_USE) != 0,
            (flags() & AUTO) != 0,
            unusable);
  }

  /** A fresh entry. */
  static byte[] encode(long tableOffset, int tableSize, int flags, int bits, byte[] name) {
    ByteBuffer b = ByteBuffer.allocate(FIXED + name.length + 7 & -8);
    b.putLong(tableOffset).putInt(tableSize).putInt(flags);
    b.put((byte) DIRTY_TRACKING).put((byte) bits).putShort((short) name.length).putInt(0);
    return b.put(name).array();
  }

  /** Bytes an entry takes in the directory. */
  static long paddedLength(long extra, int nameLength) {
    return FIXED + extra + nameLength + 7 & -8;
  }

  /**
   * What is wrong with an entry on its own.
   *
   * @param g the image's geometry
   * @param size bytes of the virtual disk
   * @param fileLength bytes of the file
   * @return {@code null} when it can be used
   */
  static String unusableReason(ByteBuffer e, Geometry g, long size, long fileLength) {
    int flags = e.getInt(12);
    int bits = e.get(17) & 0xFF;
    int nameLength = e.getShort(18) & 0xFFFF;
    if ((flags & ~(IN_USE | AUTO)) != 0) {
      return "unknown flags 0x" + Integer.toHexString(flags);
    }
    if (e.get(16) != DIRTY_TRACKING) {
      return "unknown type " + (e.get(16) & 0xFF);
    }
    if (bits < 9 || bits > 31) {
      return "granularity 2^" + bits + " is not within 2^9 and 2^31";
    }
    if (e.getInt(20) != 0) {
      return "unknown extra data of " + Integer.toUnsignedString(e.getInt(20)) + " bytes";
    }
    if (nameLength == 0 || nameLength > MAX_NAME) {
      return "name of " + nameLength + " bytes";
    }
    for (int i = 0; i < nameLength; i++) {
      if (e.get(FIXED + i) == 0) {
        return "name with a NUL byte";
      }
    }
    return tableReason(e, g, size, fileLength, bits);
  }

  private static String tableReason(
      ByteBuffer e, Geometry g, long size, long fileLength, int bits) {
    String misplaced = misplaced(e, g, fileLength);
    if (misplaced != null) {
      return misplaced;
    }
    long entries = e.getInt(8) & 0xFFFF_FFFFL;
    boolean inUse = (e.getInt(12) & IN_USE) != 0;
    if (!inUse && entries != tableEntries(size, bits, g)) {
      return "table of " + entries + " entries where the disk needs " + tableEntries(size, bits, g);
    }
    return null;
  }

  /** Why there can be no table where an entry says, or {@code null}. */
  private static String misplaced(ByteBuffer e, Geometry g, long fileLength) {
    long table = e.getLong(0);
    long entries = e.getInt(8) & 0xFFFF_FFFFL;
    if (table <= 0 || !g.aligned(table)) {
      return "table offset 0x" + Long.toHexString(table) + " is not aligned";
    }
    if (entries == 0 || entries > MAX_DATA >> g.clusterBits()) {
      return "table of " + entries + " entries";
    }
    if (table > g.clustersFor(fileLength) * g.clusterSize() - entries * 8) {
      return "table at 0x" + Long.toHexString(table) + " lies outside the file";
    }
    return null;
  }

  /** Whether there can be a table where it says; what is in it is another matter. */
  boolean hasTable(Geometry g, long fileLength) {
    return misplaced(fields, g, fileLength) == null;
  }

  /**
   * Whether a newer program may have given it clusters that its table does not name: its type,
   * flags or extra data are not known.
   */
  boolean mayOwnMore() {
    return (flags() & ~(IN_USE | AUTO)) != 0
        || fields.get(16) != DIRTY_TRACKING
        || fields.getInt(20) != 0;
  }

  /** Table entries that a bitmap over a disk of a size needs. */
  static long tableEntries(long size, int granularityBits, Geometry g) {
    long bits = Geometry.ceilDiv(size, 1L << granularityBits);
    return Math.max(1, g.clustersFor(Geometry.ceilDiv(bits, 8)));
  }

  /** What callers see. */
  StoredBitmap stored() {
    return stored;
  }

  /** Its first byte in the directory. */
  int position() {
    return position;
  }

  /** A copy of its bytes with padding. */
  byte[] bytes() {
    return raw.clone();
  }

  /** Its bytes with IN_USE as given. */
  byte[] bytes(boolean inUse) {
    byte[] copy = raw.clone();
    ByteBuffer.wrap(copy).putInt(12, inUse ? flags() | IN_USE : flags() & ~IN_USE);
    return copy;
  }

  /** Whether it can be used. */
  boolean usable() {
    return stored.unusable() == null;
  }

  /**
   * Whether it belongs to a fence, whatever became of the fence: a bitmap of that name and of the
   * largest granularity, whose one bit means nothing.
   */
  boolean isSentinel() {
    return stored.name().equals(BitmapDirectory.SENTINEL)
        && granularityBits() == SENTINEL_BITS
        && fields.get(16) == DIRTY_TRACKING
        && fields.getInt(20) == 0;
  }

  /** Its flags. */
  int flags() {
    return fields.getInt(12);
  }

  /** Host offset of its table. */
  long tableOffset() {
    return fields.getLong(0);
  }

  /** Entries of its table. */
  int tableSize() {
    return fields.getInt(8);
  }

  /** log2 of its granularity. */
  int granularityBits() {
    return fields.get(17) & 0xFF;
  }

  /** Its name's bytes. */
  byte[] nameBytes() {
    int from = (int) (FIXED + (fields.getInt(20) & 0xFFFF_FFFFL));
    return Arrays.copyOfRange(raw, from, from + (fields.getShort(18) & 0xFFFF));
  }

  /** Bytes as text; when they are no UTF-8, each byte outside ASCII becomes %XX. */
  static String text(byte[] name) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
    } catch (CharacterCodingException notUtf8) {
      StringBuilder text = new StringBuilder();
      for (byte b : name) {
        if (b > 0) {
          text.append((char) b);
        } else {
          text.append(String.format(Locale.ROOT, "%%%02X", b & 0xFF));
        }
      }
      return text.toString();
    }
  }
}
