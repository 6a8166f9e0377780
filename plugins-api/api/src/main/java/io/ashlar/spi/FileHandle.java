package io.ashlar.spi;

import java.nio.ByteBuffer;

/**
 * A descriptor for data. Positional, thread-safe; an interrupt of a caller disturbs nobody and
 * stays pending. A descriptor is really closed only when no call is inside it any more.
 */
public interface FileHandle extends AutoCloseable {
  /** Bytes that offset, length and buffer address must be multiples of; 1 unless opened direct. */
  int alignment();

  /** Reads until the buffer is full or the file ends; returns the bytes read. */
  int read(long offset, ByteBuffer target);

  /** Writes all that remains. */
  void write(long offset, ByteBuffer source);

  /** fdatasync(2). */
  void flush();

  /** The present length in bytes. */
  long length();

  /** ftruncate(2). */
  void setLength(long length);

  /**
   * Punches a hole; the length stays.
   *
   * @return false when the file system cannot
   */
  boolean punchHole(long offset, long length);

  /**
   * Makes a range zero without giving the space back; extends the file if needed.
   *
   * @return false when the file system cannot
   */
  boolean zeroRange(long offset, long length);

  /**
   * Takes space for a range; extends the file if needed.
   *
   * @return false when the file system cannot
   */
  boolean allocate(long offset, long length);

  /** The next offset at or after {@code offset} that holds data; -1 when only a hole follows. */
  long nextData(long offset);

  /**
   * The next offset at or after {@code offset} that is a hole; the end of the file counts as one.
   */
  long nextHole(long offset);

  /** Idempotent. */
  @Override
  void close();
}
