package io.ashlar.fileio;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * Reads and writes that no interrupt disturbs. Usually they go through a {@code FileChannel}, which
 * is the fastest way; an interrupt in the middle of a call closes the channel under everybody, and
 * then each of its users repeats the call on the descriptor itself while a fresh channel takes the
 * place of the closed one. Positional calls may be repeated: they bring the same bytes to the same
 * place. The interrupt stays pending, as the JDK leaves it.
 *
 * <p>All buffers are direct. The caller sees to it that nobody is inside at {@link #close}.
 */
final class DataChannel {
  private static final VarHandle CHANNEL;

  static {
    try {
      CHANNEL =
          MethodHandles.lookup().findVarHandle(DataChannel.class, "channel", FileChannel.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Path path;
  private final int descriptor;

  /** Empty for no channel at all. */
  private final Set<OpenOption> options;

  /** Null when there is none: the descriptor serves alone. */
  private volatile FileChannel channel;

  private DataChannel(Path path, int descriptor, Set<OpenOption> options) {
    this.path = path;
    this.descriptor = descriptor;
    this.options = options;
    this.channel = view();
  }

  /** A channel beside a descriptor, which stays its opener's. */
  static DataChannel open(Path path, int descriptor, boolean writable, boolean direct) {
    if (direct) {
      // The JDK has rules of its own for O_DIRECT, stricter than the kernel's.
      return new DataChannel(path, descriptor, Set.of());
    }
    Set<OpenOption> options =
        writable
            ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)
            : Set.of(StandardOpenOption.READ);
    return new DataChannel(path, descriptor, options);
  }

  private FileChannel view() {
    if (options.isEmpty()) {
      return null;
    }
    try {
      return FileChannel.open(Path.of("/proc/self/fd/" + descriptor), options);
    } catch (IOException e) {
      // No /proc, or the file's mode has changed: the descriptor alone does it, a little slower.
      return null;
    }
  }

  /** Reads once; the bytes read, 0 or less at the end of the file. */
  int read(long offset, ByteBuffer target) {
    FileChannel current = channel;
    // With an interrupt pending the channel would close at once.
    if (current != null && !Thread.currentThread().isInterrupted()) {
      int position = target.position();
      try {
        return current.read(target, offset);
      } catch (ClosedChannelException e) {
        target.position(position);
        replace(current);
      } catch (IOException e) {
        // Once more below, where the reason comes as a number instead of a text.
        target.position(position);
      }
    }
    return readDescriptor(offset, target);
  }

  /** Writes once; at least one byte of what remains. */
  void write(long offset, ByteBuffer source) {
    FileChannel current = channel;
    if (current != null && !Thread.currentThread().isInterrupted()) {
      int position = source.position();
      try {
        current.write(source, offset);
        return;
      } catch (ClosedChannelException e) {
        source.position(position);
        replace(current);
      } catch (IOException | NonWritableChannelException e) {
        source.position(position);
      }
    }
    writeDescriptor(offset, source);
  }

  private int readDescriptor(long offset, ByteBuffer target) {
    long count;
    do {
      count = Libc.pread(descriptor, target.slice(), target.remaining(), offset);
    } while (count < 0 && Errno.last() == Errno.EINTR);
    if (count < 0) {
      throw Errno.failure("Could not read at " + offset + " from", path);
    }
    target.position(target.position() + (int) count);
    return (int) count;
  }

  private void writeDescriptor(long offset, ByteBuffer source) {
    long count;
    do {
      count = Libc.pwrite(descriptor, source.slice(), source.remaining(), offset);
    } while (count < 0 && Errno.last() == Errno.EINTR);
    if (count < 0) {
      throw Errno.failure("Could not write at " + offset + " to", path);
    }
    source.position(source.position() + (int) count);
  }

  private void replace(FileChannel closed) {
    if (channel != closed) {
      return;
    }
    FileChannel fresh = view();
    if (!CHANNEL.compareAndSet(this, closed, fresh) && fresh != null) {
      closeQuietly(fresh);
    }
  }

  void close() {
    FileChannel last = channel;
    if (last != null) {
      closeQuietly(last);
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone all the same, and what was not flushed was never promised.
    }
  }
}
