package io.ashlar.driver.qcow2;

import io.ashlar.spi.Fence;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The header extension of a fence, byte by byte in docs/fence.md.
 *
 * @param fence what ties the image to its journal
 * @param table host offset of the sentinel's table
 * @param names which rows of QEMU's feature name table the image had before, one bit each
 */
record FenceExtension(Fence fence, long table, int names) {
  /** The extension's type: "Ashl". */
  static final int TYPE = 0x4173686C;

  /** Bytes of its data. */
  static final int LENGTH = 80;

  /** The layout that is written here. */
  static final int VERSION = 1;

  /** The extension as it stands in the header. */
  HeaderExtension toExtension() {
    ByteBuffer b = ByteBuffer.allocate(LENGTH);
    b.putShort((short) VERSION).putShort((short) names);
    put(b, fence.image());
    put(b, fence.journal());
    b.putLong(fence.epoch());
    put(b, fence.nonce());
    b.putLong(fence.lsn()).putLong(table);
    b.putInt(checksum(b.array()));
    return new HeaderExtension(TYPE, b.array());
  }

  /**
   * What is wrong with its data, as part of a sentence; {@code null} when {@link #of} reads it
   * rightly.
   */
  static String damage(byte[] data) {
    if (data.length >= 2) {
      int version = ByteBuffer.wrap(data).getShort(0) & 0xFFFF;
      if (version != VERSION) {
        return "its fence is of version " + version + ", and version " + VERSION + " is known";
      }
    }
    if (data.length != LENGTH) {
      return "its fence has " + data.length + " bytes instead of " + LENGTH;
    }
    if (ByteBuffer.wrap(data).getInt(LENGTH - 4) != checksum(data)) {
      return "the checksum of its fence does not fit";
    }
    return null;
  }

  /** Reads data without {@link #damage}. */
  static FenceExtension of(byte[] data) {
    ByteBuffer b = ByteBuffer.wrap(data);
    b.getShort();
    int names = b.getShort() & 0xFFFF;
    UUID image = uuid(b);
    UUID journal = uuid(b);
    long epoch = b.getLong();
    UUID nonce = uuid(b);
    long lsn = b.getLong();
    return new FenceExtension(new Fence(image, journal, epoch, nonce, lsn), b.getLong(), names);
  }

  private static int checksum(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data, 0, LENGTH - 4);
    return (int) crc.getValue();
  }

  private static void put(ByteBuffer b, UUID id) {
    b.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static UUID uuid(ByteBuffer b) {
    return new UUID(b.getLong(), b.getLong());
  }
}
