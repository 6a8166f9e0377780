package io.ashlar.engine.crash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The bytes of a file. A fork shares pages with its origin until one of them writes, so that a
 * state costs what differs.
 */
final class Pages {
  /** What a disk writes wholly or not at all. */
  static final int SECTOR = 512;

  private static final int PAGE = 4096;
  private static final byte[] ZERO = new byte[PAGE];
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[][] pages;
  private boolean[] mine;
  private long[] hashes;
  private long length;

  Pages() {
    pages = new byte[0][];
    mine = new boolean[0];
    hashes = new long[0];
  }

  private Pages(Pages origin) {
    pages = origin.pages.clone();
    mine = new boolean[pages.length];
    hashes = origin.hashes.clone();
    length = origin.length;
  }

  /** A copy; both may go on. */
  Pages fork() {
    Arrays.fill(mine, false);
    return new Pages(this);
  }

  long length() {
    return length;
  }

  void read(long offset, byte[] target, int at, int count) {
    int done = 0;
    while (done < count) {
      long from = offset + done;
      int page = (int) (from / PAGE);
      int in = (int) (from % PAGE);
      int piece = Math.min(count - done, PAGE - in);
      if (page < pages.length) {
        System.arraycopy(pages[page], in, target, at + done, piece);
      } else {
        Arrays.fill(target, at + done, at + done + piece, (byte) 0);
      }
      done += piece;
    }
  }

  void read(long offset, ByteBuffer target) {
    while (target.hasRemaining()) {
      int page = (int) (offset / PAGE);
      int in = (int) (offset % PAGE);
      int piece = Math.min(target.remaining(), PAGE - in);
      target.put(page < pages.length ? pages[page] : ZERO, in, piece);
      offset += piece;
    }
  }

  byte[] bytes(long offset, int count) {
    byte[] copy = new byte[count];
    read(offset, copy, 0, count);
    return copy;
  }

  byte[] all() {
    return bytes(0, Math.toIntExact(length));
  }

  /** Does not change the length. */
  void write(long offset, byte[] source, int at, int count) {
    int done = 0;
    while (done < count) {
      long from = offset + done;
      int page = (int) (from / PAGE);
      int in = (int) (from % PAGE);
      int piece = Math.min(count - done, PAGE - in);
      if (!(isZero(source, at + done, piece) && (page >= pages.length || pages[page] == ZERO))) {
        System.arraycopy(source, at + done, own(page), in, piece);
      }
      done += piece;
    }
  }

  /** Zeros; does not change the length. */
  void zero(long offset, long count) {
    long end = Math.min(offset + count, (long) pages.length * PAGE);
    while (offset < end) {
      int page = (int) (offset / PAGE);
      int in = (int) (offset % PAGE);
      int piece = (int) Math.min(end - offset, PAGE - in);
      if (piece == PAGE) {
        pages[page] = ZERO;
        mine[page] = false;
        hashes[page] = 0;
      } else if (pages[page] != ZERO) {
        Arrays.fill(own(page), in, in + piece, (byte) 0);
      }
      offset += piece;
    }
  }

  /** Makes it longer with zeros, or cuts it. */
  void setLength(long next) {
    zero(next, (long) pages.length * PAGE);
    length = next;
  }

  void growTo(long end) {
    length = Math.max(length, end);
  }

  /** The next offset at or after this one that holds data, or -1. */
  long nextData(long offset) {
    for (long at = offset; at < length; at = (at / PAGE + 1) * PAGE) {
      int page = (int) (at / PAGE);
      if (page >= pages.length) {
        return -1;
      }
      if (pages[page] != ZERO) {
        return at;
      }
    }
    return -1;
  }

  long nextHole(long offset) {
    long at = offset;
    while (at < length && at / PAGE < pages.length && pages[(int) (at / PAGE)] != ZERO) {
      at = (at / PAGE + 1) * PAGE;
    }
    return Math.max(offset, Math.min(at, length));
  }

  /** A number that stands for the length and all bytes. */
  long hash() {
    long sum = length * 0x9E3779B97F4A7C15L + 1;
    for (int i = 0; i < pages.length; i++) {
      if (pages[i] != ZERO) {
        if (hashes[i] == 0) {
          hashes[i] = hash(pages[i], i);
        }
        sum += hashes[i];
      }
    }
    return mix(sum);
  }

  private static long hash(byte[] page, int number) {
    long sum = 0x243F6A8885A308D3L * (number + 1);
    boolean zero = true;
    for (int at = 0; at < PAGE; at += Long.BYTES) {
      long word = (long) LONGS.get(page, at);
      zero &= word == 0;
      sum = Long.rotateLeft((sum ^ word) * 0x9E3779B97F4A7C15L, 29);
    }
    return zero ? 0 : mix(sum) | 1;
  }

  static long mix(long value) {
    value = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    value = (value ^ (value >>> 27)) * 0x94D049BB133111EBL;
    return value ^ (value >>> 31);
  }

  static boolean isZero(byte[] bytes, int at, int count) {
    int end = at + count;
    for (; at + Long.BYTES <= end; at += Long.BYTES) {
      if ((long) LONGS.get(bytes, at) != 0) {
        return false;
      }
    }
    for (; at < end; at++) {
      if (bytes[at] != 0) {
        return false;
      }
    }
    return true;
  }

  private byte[] own(int page) {
    if (page >= pages.length) {
      int size = Math.max(page + 1, pages.length * 3 / 2);
      int old = pages.length;
      pages = Arrays.copyOf(pages, size);
      Arrays.fill(pages, old, size, ZERO);
      mine = Arrays.copyOf(mine, size);
      hashes = Arrays.copyOf(hashes, size);
    }
    if (!mine[page]) {
      pages[page] = pages[page].clone();
      mine[page] = true;
    }
    hashes[page] = 0;
    return pages[page];
  }
}
