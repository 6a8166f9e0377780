package io.ashlar.fileio;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.system.PooledBuffers;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A descriptor for data. Heap buffers go through a pool of direct pieces, so that a large request
 * does not leave as much native memory behind in every thread.
 */
final class DataFile implements FileHandle {
  /** The largest part of a heap buffer that is copied at once. */
  private static final int PIECE = 1 << 20;

  private static final PooledBuffers PIECES = new PooledBuffers(PIECE, 4096, 16);

  private final Path path;
  private final int descriptor;
  private final int alignment;
  private final DataChannel channel;
  private final Users users;

  private DataFile(Path path, int descriptor, int alignment, DataChannel channel) {
    this.path = path;
    this.descriptor = descriptor;
    this.alignment = alignment;
    this.channel = channel;
    this.users =
        new Users(
            () -> {
              channel.close();
              Libc.close(descriptor);
            });
  }

  /**
   * Takes over a descriptor.
   *
   * @param direct the file's status when it was opened with O_DIRECT, else null
   */
  static DataFile create(Path path, int descriptor, boolean writable, FileStatus direct) {
    return new DataFile(
        path,
        descriptor,
        direct == null ? 1 : direct.directAlignment(),
        DataChannel.open(path, descriptor, writable, direct != null));
  }

  @Override
  public int alignment() {
    return alignment;
  }

  @Override
  public int read(long offset, ByteBuffer target) {
    int user = enter();
    try {
      return target.isDirect() ? readFully(offset, target) : readHeap(offset, target);
    } finally {
      users.leave(user);
    }
  }

  private int readHeap(long offset, ByteBuffer target) {
    ByteBuffer piece = PIECES.take();
    try {
      int total = 0;
      while (target.hasRemaining()) {
        piece.clear().limit(Math.min(PIECE, target.remaining()));
        int count = readFully(offset + total, piece);
        target.put(piece.flip());
        total += count;
        if (count < piece.capacity() && target.hasRemaining()) {
          break;
        }
      }
      return total;
    } finally {
      PIECES.give(piece);
    }
  }

  private int readFully(long offset, ByteBuffer target) {
    int start = target.position();
    while (target.hasRemaining()) {
      if (channel.read(offset + (target.position() - start), target) <= 0) {
        break;
      }
    }
    return target.position() - start;
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    int user = enter();
    try {
      if (source.isDirect()) {
        writeFully(offset, source);
      } else {
        writeHeap(offset, source);
      }
    } finally {
      users.leave(user);
    }
  }

  private void writeHeap(long offset, ByteBuffer source) {
    ByteBuffer piece = PIECES.take();
    try {
      int start = source.position();
      while (source.hasRemaining()) {
        long at = offset + (source.position() - start);
        int count = Math.min(PIECE, source.remaining());
        piece.clear().put(source.slice(source.position(), count)).flip();
        writeFully(at, piece);
        source.position(source.position() + count);
      }
    } finally {
      PIECES.give(piece);
    }
  }

  private void writeFully(long offset, ByteBuffer source) {
    int start = source.position();
    while (source.hasRemaining()) {
      channel.write(offset + (source.position() - start), source);
    }
  }

  @Override
  public void flush() {
    call("Could not flush", () -> Libc.fdatasync(descriptor));
  }

  @Override
  public long length() {
    int user = enter();
    try {
      // Data goes by position, so the descriptor's own place is free to move.
      long length = Libc.lseek(descriptor, 0, Libc.SEEK_END);
      if (length < 0) {
        throw Errno.failure("Could not get the length of", path);
      }
      return length;
    } finally {
      users.leave(user);
    }
  }

  @Override
  public void setLength(long length) {
    call("Could not set the length of", () -> Libc.ftruncate(descriptor, length));
  }

  @Override
  public boolean punchHole(long offset, long length) {
    return fallocate(Libc.FALLOC_PUNCH_HOLE | Libc.FALLOC_KEEP_SIZE, offset, length);
  }

  @Override
  public boolean zeroRange(long offset, long length) {
    return fallocate(Libc.FALLOC_ZERO_RANGE, offset, length);
  }

  @Override
  public boolean allocate(long offset, long length) {
    return fallocate(0, offset, length);
  }

  private boolean fallocate(int mode, long offset, long length) {
    if (length == 0) {
      return true;
    }
    int user = enter();
    try {
      while (Libc.fallocate(descriptor, mode, offset, length) != 0) {
        int errno = Errno.last();
        switch (errno) {
          case Errno.EINTR -> {}
          // EINVAL: a block device and a range that is not made of whole sectors.
          case Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.EINVAL, Errno.ENODEV -> {
            return false;
          }
          default -> throw Errno.failure(errno, "Could not allocate or free space in", path);
        }
      }
      return true;
    } finally {
      users.leave(user);
    }
  }

  @Override
  public long nextData(long offset) {
    return seek(offset, Libc.SEEK_DATA, -1);
  }

  @Override
  public long nextHole(long offset) {
    return seek(offset, Libc.SEEK_HOLE, offset);
  }

  private long seek(long offset, int whence, long pastEnd) {
    int user = enter();
    try {
      long found = Libc.lseek(descriptor, offset, whence);
      if (found >= 0) {
        return found;
      }
      int errno = Errno.last();
      if (errno == Errno.ENXIO) {
        return pastEnd;
      }
      if (errno == Errno.EINVAL || errno == Errno.EOPNOTSUPP) {
        // Not told apart here (block devices): all of it may be data.
        long end = length();
        return offset >= end ? pastEnd : whence == Libc.SEEK_DATA ? offset : end;
      }
      throw Errno.failure(errno, "Could not find data in", path);
    } finally {
      users.leave(user);
    }
  }

  private interface Call {
    int run();
  }

  private void call(String what, Call call) {
    int user = enter();
    try {
      while (call.run() != 0) {
        if (Errno.last() != Errno.EINTR) {
          throw Errno.failure(what, path);
        }
      }
    } finally {
      users.leave(user);
    }
  }

  private int enter() {
    int user = users.enter();
    if (user < 0) {
      throw new BlockException(ErrorCode.CLOSED, "'" + path + "' is closed");
    }
    return user;
  }

  @Override
  public void close() {
    users.close();
  }
}
