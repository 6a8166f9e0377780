package io.ashlar.driver.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Refcounts in the bytes of a refcount block (section 6). Values are unsigned; a 64-bit one uses
 * the whole long.
 */
final class RefcountCodec {
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private RefcountCodec() {}

  /** The largest refcount of a width, unsigned. */
  static long max(int order) {
    return order == 6 ? -1L : (1L << (1 << order)) - 1;
  }

  /** The refcount at a slot. */
  static long get(byte[] block, int order, int slot) {
    return switch (order) {
      case 0, 1, 2 -> (block[slot >>> 3 - order] >>> shift(order, slot)) & max(order);
      case 3 -> block[slot] & 0xFFL;
      case 4 -> (short) SHORTS.get(block, slot << 1) & 0xFFFFL;
      case 5 -> (int) INTS.get(block, slot << 2) & 0xFFFF_FFFFL;
      case 6 -> (long) LONGS.get(block, slot << 3);
      default -> throw new IllegalArgumentException("refcount_order " + order);
    };
  }

  private static int shift(int order, int slot) {
    return (slot & ((8 >> order) - 1)) << order;
  }

  /** Sets the refcount at a slot; {@code value} fits the width. */
  static void set(byte[] block, int order, int slot, long value) {
    if (Long.compareUnsigned(value, max(order)) > 0) {
      throw new IllegalArgumentException(
          "refcount " + Long.toUnsignedString(value) + " does not fit " + (1 << order) + " bits");
    }
    switch (order) {
      case 0, 1, 2 -> {
        int shift = shift(order, slot);
        int cleared = block[slot >>> 3 - order] & ~((int) max(order) << shift);
        block[slot >>> 3 - order] = (byte) (cleared | ((int) value << shift));
      }
      case 3 -> block[slot] = (byte) value;
      case 4 -> SHORTS.set(block, slot << 1, (short) value);
      case 5 -> INTS.set(block, slot << 2, (int) value);
      case 6 -> LONGS.set(block, slot << 3, value);
      default -> throw new IllegalArgumentException("refcount_order " + order);
    }
  }
}
