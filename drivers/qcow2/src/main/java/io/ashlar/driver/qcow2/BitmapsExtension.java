package io.ashlar.driver.qcow2;

import java.nio.ByteBuffer;

/**
 * The bitmaps extension (section 13): where the directory lies.
 *
 * @param count number of directory entries
 * @param directorySize bytes of the directory
 * @param directoryOffset cluster aligned host offset
 */
record BitmapsExtension(int count, long directorySize, long directoryOffset) {
  /** Bytes of its data. */
  static final int LENGTH = 24;

  /** Most bitmaps of users in an image: one place is kept for a fence. */
  static final int MAX_USER_BITMAPS = 65_534;

  /** Most bitmaps in an image. */
  static final int MAX_BITMAPS = 65_535;

  /** Largest directory in bytes. */
  static final long MAX_DIRECTORY_SIZE = 65_535L * 1024;

  /** The extension as it stands in the header. */
  HeaderExtension toExtension() {
    byte[] data = new byte[LENGTH];
    ByteBuffer.wrap(data).putInt(count).putInt(0).putLong(directorySize).putLong(directoryOffset);
    return new HeaderExtension(HeaderExtension.BITMAPS, data);
  }

  /** Reads data of exactly {@link #LENGTH} bytes. */
  static BitmapsExtension of(byte[] data) {
    ByteBuffer b = ByteBuffer.wrap(data);
    return new BitmapsExtension(b.getInt(0), b.getLong(8), b.getLong(16));
  }
}
