package io.ashlar.fileio;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.ByteBuffer;

/**
 * The functions of the C library that the JDK does not offer, by JNA's direct mapping. Each returns
 * -1 on failure with the reason in {@link Native#getLastError()}. Buffers are direct; the address
 * passed is that of the buffer's first byte, whatever its position. Use {@link NativeAccess} first.
 */
final class Libc {
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;
  static final int O_EXCL = 0x80;

  /** Opening a FIFO would wait for its other end; files and block devices do not care. */
  static final int O_NONBLOCK = 0x800;

  static final int O_CLOEXEC = 0x80000;

  /** The two architectures differ here. */
  static final int O_DIRECT = NativeAccess.isArm() ? 0x10000 : 0x4000;

  static final int O_DIRECTORY = NativeAccess.isArm() ? 0x4000 : 0x10000;

  static final int F_OFD_GETLK = 36;
  static final int F_OFD_SETLK = 37;
  static final short F_RDLCK = 0;
  static final short F_WRLCK = 1;
  static final short F_UNLCK = 2;

  static final int SEEK_END = 2;
  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;

  static final int FALLOC_KEEP_SIZE = 1;
  static final int FALLOC_PUNCH_HOLE = 2;
  static final int FALLOC_ZERO_RANGE = 0x10;

  static final int AT_EMPTY_PATH = 0x1000;
  static final int STATX_BASIC_STATS = 0x7ff;
  static final int STATX_BTIME = 0x800;
  static final int STATX_DIOALIGN = 0x2000;

  static {
    Native.register(Libc.class, NativeLibrary.getProcess());
  }

  private Libc() {}

  static native int open(byte[] path, int flags, int mode);

  static native int close(int descriptor);

  static native int fcntl(int descriptor, int command, ByteBuffer flock);

  static native long pread(int descriptor, ByteBuffer target, long length, long offset);

  static native long pwrite(int descriptor, ByteBuffer source, long length, long offset);

  static native int fdatasync(int descriptor);

  static native int fsync(int descriptor);

  static native int ftruncate(int descriptor, long length);

  static native int fallocate(int descriptor, int mode, long offset, long length);

  static native long lseek(int descriptor, long offset, int whence);

  static native int statx(int directory, byte[] path, int flags, int mask, ByteBuffer result);

  static native int unlink(byte[] path);

  static native int rename(byte[] from, byte[] to);
}
