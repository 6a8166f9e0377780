package io.ashlar.engine.journal.file;

import io.ashlar.spi.FileHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Reads a file from the beginning to the end through one buffer, whatever the file's length. */
final class ReadWindow {
  private static final int LARGEST = 256 << 10;
  private static final int SMALLEST = 8 << 10;

  /** Where little is read. */
  static final int LITTLE = SMALLEST;

  private final Path path;
  private final FileHandle handle;
  private final ByteBuffer buffer;
  private long start;
  private int filled;

  ReadWindow(Path path, FileHandle handle) {
    this(path, handle, LARGEST);
  }

  /** A window of at most so many bytes, and not fewer than {@link #LITTLE}. */
  ReadWindow(Path path, FileHandle handle, int most) {
    this.path = path;
    this.handle = handle;
    long length = handle.length();
    this.buffer = ByteBuffer.allocateDirect((int) Math.max(SMALLEST, Math.min(most, length)));
  }

  /** The most bytes that can be seen at once; more than any header. */
  int size() {
    return buffer.capacity();
  }

  /** Forgets what was read, because the file may have changed. */
  void forget() {
    filled = 0;
  }

  /**
   * A view of these bytes, valid until the next call.
   *
   * @param length at most {@link #size}
   */
  ByteBuffer at(long offset, int length) {
    if (offset < start || offset + length > start + filled) {
      fill(offset);
      if (filled < length) {
        throw new JournalDamagedException(
            path, Damage.CUT, offset, "the file ends here while it is being read");
      }
    }
    return buffer.slice((int) (offset - start), length);
  }

  /** What is there from an offset on, at most {@link #size} bytes. */
  ByteBuffer upTo(long offset, long length) {
    fill(offset);
    return buffer.slice(0, (int) Math.min(filled, length));
  }

  /** A copy of these bytes. */
  ByteBuffer copy(long offset, int length) {
    ByteBuffer copy = ByteBuffer.allocate(length);
    while (copy.hasRemaining()) {
      int piece = Math.min(size(), copy.remaining());
      copy.put(at(offset + copy.position(), piece));
    }
    return copy.flip();
  }

  private void fill(long offset) {
    start = offset;
    filled = 0;
    filled = handle.read(offset, buffer.clear());
  }
}
