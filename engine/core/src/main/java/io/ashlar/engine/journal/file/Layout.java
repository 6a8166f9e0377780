package io.ashlar.engine.journal.file;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Sizes and checksums of the format; {@code docs/journal-format.md} draws it. */
final class Layout {
  static final int VERSION = 1;

  /** Frames begin at multiples of this, the unit that a disk writes wholly or not at all. */
  static final int SECTOR = 512;

  /** The block at the beginning that says whose journal it is. */
  static final int HEADER = 4096;

  static final int FRAME_HEADER = 64;
  static final int RECORD_HEADER = 24;

  /** The longest body of a frame, and with it the most that a reader must believe. */
  static final int LONGEST_BODY = 16 << 20;

  private Layout() {}

  /** Bytes that a frame takes in the file. */
  static long frameLength(int body) {
    return sectors((long) FRAME_HEADER + body);
  }

  static long sectors(long bytes) {
    return (bytes + SECTOR - 1) & -SECTOR;
  }

  /** A checksum that begins with the identity. */
  static CRC32C checksum(JournalIdentity identity) {
    CRC32C checksum = new CRC32C();
    checksum.update(identity.bytes());
    return checksum;
  }

  static int checksum(JournalIdentity identity, ByteBuffer bytes) {
    CRC32C checksum = checksum(identity);
    checksum.update(bytes.duplicate());
    return (int) checksum.getValue();
  }
}
