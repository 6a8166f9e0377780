package io.ashlar.driver.qcow2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Tables of feature names (section 4): QEMU's, parts of it, and the row of a fence. */
final class FeatureNames {
  /** Bytes of a row. */
  static final int ROW = 48;

  private static final Row[] QEMU = {
    new Row(0, 0, "dirty bit"),
    new Row(0, 1, "corrupt bit"),
    new Row(0, 2, "external data file"),
    new Row(0, 3, "compression type"),
    new Row(0, 4, "extended L2 entries"),
    new Row(1, 0, "lazy refcounts"),
    new Row(2, 0, "bitmaps"),
    new Row(2, 1, "raw external data"),
  };

  private static final int ALL = (1 << QEMU.length) - 1;
  private static final byte[] FENCE = new Row(2, FenceHeader.BIT, "Ashlar fence").bytes();

  private record Row(int kind, int bit, String name) {
    byte[] bytes() {
      ByteBuffer b = ByteBuffer.allocate(ROW);
      return b.put((byte) kind)
          .put((byte) bit)
          .put(name.getBytes(StandardCharsets.US_ASCII))
          .array();
    }
  }

  private FeatureNames() {}

  /** The table that QEMU puts into the images it makes. */
  static HeaderExtension ofQemu() {
    return some(ALL);
  }

  /** The rows of QEMU's table whose bits are set; what some versions of QEMU wrote. */
  static HeaderExtension some(int rows) {
    ByteBuffer b = ByteBuffer.allocate(Integer.bitCount(rows & ALL) * ROW);
    for (int i = 0; i < QEMU.length; i++) {
      if ((rows >>> i & 1) != 0) {
        b.put(QEMU[i].bytes());
      }
    }
    return new HeaderExtension(HeaderExtension.FEATURE_NAMES, b.array());
  }

  /** The rows of which a table is made; 0 when {@link #some} cannot make it again. */
  static int rows(HeaderExtension table) {
    byte[] data = table.data();
    int rows = 0;
    for (int at = 0; at + ROW <= data.length; at += ROW) {
      byte[] row = Arrays.copyOfRange(data, at, at + ROW);
      for (int i = 0; i < QEMU.length; i++) {
        rows |= Arrays.equals(QEMU[i].bytes(), row) ? 1 << i : 0;
      }
    }
    return some(rows).equals(table) ? rows : 0;
  }

  /** The table of an image with a fence: its row alone. */
  static HeaderExtension ofFence() {
    return new HeaderExtension(HeaderExtension.FEATURE_NAMES, FENCE);
  }

  /** Whether the first row of a table is a fence's. */
  static boolean hasFence(HeaderExtension table) {
    byte[] data = table.data();
    return data.length >= ROW && Arrays.equals(FENCE, Arrays.copyOf(data, ROW));
  }

  /** Puts a fence's row at the start of a table. */
  static void putFence(byte[] table) {
    System.arraycopy(FENCE, 0, table, 0, ROW);
  }
}
