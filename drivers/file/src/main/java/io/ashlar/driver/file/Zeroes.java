package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.RangeLock;
import java.nio.ByteBuffer;

/** Ranges that are to read as zeroes. */
@SuppressWarnings("try") // a range is held by the block, which has no use for the object
final class Zeroes {
  /** Aligned for O_DIRECT. Never written to. */
  private static final ByteBuffer ZEROES =
      ByteBuffer.allocateDirect((1 << 20) + 4096).alignedSlice(4096).asReadOnlyBuffer();

  /** Block devices free and zero whole sectors; this holds for those of 512 bytes as well. */
  private static final long DEVICE_BLOCK = 4096;

  private Zeroes() {}

  /** Fills what remains of a buffer. */
  static void fill(ByteBuffer target) {
    while (target.hasRemaining()) {
      target.put(some(target.remaining()));
    }
  }

  /** Zeroes to write, at most that many. */
  private static ByteBuffer some(long length) {
    ByteBuffer zeroes = ZEROES.duplicate();
    return zeroes.limit((int) Math.min(length, zeroes.capacity()));
  }

  /** Makes a range zero in the cheapest way the flags allow. */
  static void write(FileCore core, FileState state, long offset, long length, int flags) {
    if (!core.isDevice()) {
      zeroFile(core, state, offset, length, flags);
      return;
    }
    long first = Math.min((offset + DEVICE_BLOCK - 1) & -DEVICE_BLOCK, offset + length);
    long last = Math.max((offset + length) & -DEVICE_BLOCK, first);
    if (first > offset || offset + length > last) {
      requireFallback(core, flags);
    }
    writePlain(state, offset, first - offset);
    zeroBlocks(core, state, first, last - first, flags);
    writePlain(state, last, offset + length - last);
  }

  private static void zeroFile(
      FileCore core, FileState state, long offset, long length, int flags) {
    if ((flags & IoFlags.MAY_UNMAP) != 0 && punch(state, offset, length)) {
      extend(state, offset + length);
    } else if (!zeroInPlace(state, offset, length)) {
      requireFallback(core, flags);
      writePlain(state, offset, length);
    }
  }

  private static void zeroBlocks(
      FileCore core, FileState state, long offset, long length, int flags) {
    if (length == 0) {
      return;
    }
    boolean done =
        (flags & IoFlags.MAY_UNMAP) != 0 && punch(state, offset, length)
            || zeroInPlace(state, offset, length);
    if (!done) {
      requireFallback(core, flags);
      writePlain(state, offset, length);
    }
  }

  /** Frees a range; false where the storage cannot, and then nothing has changed. */
  static boolean punch(FileState state, long offset, long length) {
    try (RangeLock.Held held = hold(state, offset, length)) {
      return state.data().punchHole(offset, length);
    }
  }

  /** Frees the whole sectors of a device's range, as far as it can. */
  static void punchSectors(FileState state, long offset, long length) {
    long first = (offset + DEVICE_BLOCK - 1) & -DEVICE_BLOCK;
    long last = (offset + length) & -DEVICE_BLOCK;
    if (last > first) {
      punch(state, first, last - first);
    }
  }

  private static boolean zeroInPlace(FileState state, long offset, long length) {
    FileHandle data = state.data();
    try (RangeLock.Held held = hold(state, offset, length)) {
      // Some file systems (tmpfs) know holes but no zeroing: free it, then take the space again.
      return data.zeroRange(offset, length)
          || data.punchHole(offset, length) && data.allocate(offset, length);
    }
  }

  private static RangeLock.Held hold(FileState state, long offset, long length) {
    return state.direct() == null ? () -> {} : state.direct().hold(offset, length);
  }

  private static void requireFallback(FileCore core, int flags) {
    if ((flags & IoFlags.NO_FALLBACK) != 0) {
      throw core.refused(
          ErrorCode.NOT_SUPPORTED, "its storage cannot make this range zero without writing it");
    }
  }

  /**
   * Makes a file longer. Not by its length: a write that made it still longer meanwhile would be
   * cut off. The last byte belongs to the caller's own range.
   */
  private static void extend(FileState state, long end) {
    if (end > state.data().length()) {
      writePlain(state, end - 1, 1);
    }
  }

  /** Writes zero bytes. */
  static void writePlain(FileState state, long offset, long length) {
    for (long done = 0; done < length; ) {
      ByteBuffer zeroes = some(length - done);
      int count = zeroes.remaining();
      if (state.direct() == null) {
        state.data().write(offset + done, zeroes);
      } else {
        state.direct().write(offset + done, zeroes);
      }
      done += count;
    }
  }

  /**
   * Writes zero bytes through a buffered descriptor and makes them durable.
   *
   * @throws BlockException NO_SPACE, IO_ERROR
   */
  static void writePlain(FileHandle data, long offset, long length) {
    for (long done = 0; done < length; ) {
      ByteBuffer zeroes = some(length - done);
      int count = zeroes.remaining();
      data.write(offset + done, zeroes);
      done += count;
    }
    data.flush();
  }
}
