package io.ashlar.tests.differential;

/**
 * A disk that operations are done on; one of the twins. Any method may throw {@link Refused}, and
 * the disk goes on after that.
 */
interface Disk extends AutoCloseable {
  /** The operation failed, with an error that a user would see. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Writes. */
  void write(long offset, int length, Fill fill, boolean durable);

  /** Writes whole clusters compressed. */
  void writeCompressed(long offset, int length, Fill fill);

  /** Makes a range read as zeroes. */
  void writeZeroes(long offset, long length, boolean mayUnmap);

  /** Gives a range up. */
  void discard(long offset, long length);

  /** Reads. */
  byte[] read(long offset, int length);

  /** Flushes. */
  void flush();

  /** Changes between read-only and read-write while open. */
  void reopen(boolean readOnly);

  /** Closes the image and opens it again. */
  void restart();

  /** Changes the length. */
  void resize(long length);

  @Override
  void close();
}
