package io.ashlar.driver.qcow2;

import java.nio.ByteBuffer;

/** Tables of big-endian 64-bit entries between disk and memory. */
final class Tables {
  private static final int PIECE = 1 << 16;

  private Tables() {}

  /** Reads that many entries. */
  static long[] read(HostFile file, long offset, int entries) {
    long[] table = new long[entries];
    byte[] piece = new byte[Math.min(PIECE, entries * 8)];
    for (int done = 0; done < entries; ) {
      int count = Math.min(entries - done, piece.length / 8);
      file.read(offset + done * 8L, ByteBuffer.wrap(piece, 0, count * 8));
      ByteBuffer.wrap(piece).asLongBuffer().get(table, done, count);
      done += count;
    }
    return table;
  }

  /** The bytes of some entries; those past the end of the table are left out. */
  static byte[] bytes(long[] table, int from, int count) {
    int there = Math.min(count, table.length - from);
    byte[] bytes = new byte[there * 8];
    ByteBuffer.wrap(bytes).asLongBuffer().put(table, from, there);
    return bytes;
  }

  /** Writes a whole table. */
  static void write(HostFile file, long offset, long[] table) {
    for (int done = 0; done < table.length; done += PIECE / 8) {
      file.write(offset + done * 8L, bytes(table, done, PIECE / 8));
    }
  }

  /** A number as QEMU prints it in messages: {@code %#x}. */
  static String hex(long value) {
    return value == 0 ? "0" : "0x" + Long.toHexString(value);
  }
}
