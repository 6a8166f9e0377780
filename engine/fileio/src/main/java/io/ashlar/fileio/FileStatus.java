package io.ashlar.fileio;

import io.ashlar.spi.OpenFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The result of statx(2), whose layout is the same on all architectures, unlike that of fstat(2).
 * Offsets are bytes within the structure.
 */
final class FileStatus {
  private static final int SIZE = 256;
  private static final int MODE = 28;
  private static final int INODE = 32;
  private static final int LENGTH = 40;
  private static final int BLOCKS = 48;
  private static final int MASK = 0;
  private static final int BORN = 80;
  private static final int CHANGED = 96;
  private static final int MODIFIED = 112;
  private static final int DEVICE_MAJOR = 136;
  private static final int DEVICE_MINOR = 140;
  private static final int DIRECT_MEMORY_ALIGNMENT = 152;
  private static final int DIRECT_OFFSET_ALIGNMENT = 156;

  private static final int TYPE_MASK = 0xf000;
  private static final int TYPE_REGULAR = 0x8000;
  private static final int TYPE_BLOCK_DEVICE = 0x6000;
  private static final int BLOCK = 512;
  private static final byte[] EMPTY = {0};

  private final ByteBuffer raw = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());

  private FileStatus() {}

  /** Asks about an open descriptor. */
  static FileStatus of(int descriptor, Object file) {
    FileStatus status = new FileStatus();
    int mask = Libc.STATX_BASIC_STATS | Libc.STATX_BTIME | Libc.STATX_DIOALIGN;
    if (Libc.statx(descriptor, EMPTY, Libc.AT_EMPTY_PATH, mask, status.raw) != 0) {
      throw Errno.failure("Could not query", file);
    }
    return status;
  }

  OpenFile.Kind kind() {
    return switch (raw.getShort(MODE) & TYPE_MASK) {
      case TYPE_REGULAR -> OpenFile.Kind.REGULAR;
      case TYPE_BLOCK_DEVICE -> OpenFile.Kind.BLOCK_DEVICE;
      default -> OpenFile.Kind.OTHER;
    };
  }

  long device() {
    return ((long) raw.getInt(DEVICE_MAJOR) << 32)
        | Integer.toUnsignedLong(raw.getInt(DEVICE_MINOR));
  }

  long inode() {
    return raw.getLong(INODE);
  }

  /** Bytes; 0 for a block device. */
  long size() {
    return raw.getLong(LENGTH);
  }

  long allocated() {
    return raw.getLong(BLOCKS) * BLOCK;
  }

  long modifiedNanos() {
    return nanos(MODIFIED);
  }

  long changedNanos() {
    return nanos(CHANGED);
  }

  /** When the file was made; 0 where the file system does not keep that. */
  long bornNanos() {
    return (raw.getInt(MASK) & Libc.STATX_BTIME) == 0 ? 0 : nanos(BORN);
  }

  /**
   * What O_DIRECT wants of offsets, lengths and addresses, in bytes: 4096 where the kernel does not
   * say, which suits every device in use.
   */
  int directAlignment() {
    int known = Math.max(raw.getInt(DIRECT_MEMORY_ALIGNMENT), raw.getInt(DIRECT_OFFSET_ALIGNMENT));
    return Integer.bitCount(known) == 1 && known >= BLOCK ? known : 4096;
  }

  private long nanos(int at) {
    return Math.addExact(Math.multiplyExact(raw.getLong(at), 1_000_000_000L), raw.getInt(at + 8));
  }
}
