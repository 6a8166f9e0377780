package io.ashlar.engine.journal.file;

import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The rules on which the safety of the file hangs, each a method, so that tests can break one at a
 * time and see that it was needed. There is no other form of them outside the tests.
 */
interface JournalRules {
  /** The rules. */
  JournalRules STANDARD = new JournalRules() {};

  /** Whether a checksum in the file is the one of the bytes there. */
  default boolean checksumHolds(int stored, int computed) {
    return stored == computed;
  }

  /** Whether a frame names the one before it. */
  default boolean chainHolds(int stored, int previous) {
    return stored == previous;
  }

  /** Whether a record or frame has the number that is its turn. */
  default boolean numberHolds(long stored, long expected) {
    return stored == expected;
  }

  /** Whether the log may end where a good frame follows, or none. */
  default boolean mayEnd(boolean goodFrameFollows) {
    return !goodFrameFollows;
  }

  /**
   * Whether a file that others could write may be gone on with, as it seems to be as it was left.
   */
  default boolean mayGoOn(boolean asItWasLeft) {
    return asItWasLeft;
  }

  /** Makes what was written durable; only then is it acknowledged. */
  default void settle(FileHandle handle) {
    handle.flush();
  }

  /** Says behind a durable frame that it is one, before anybody hears of it. */
  default void mark(FileHandle handle, long offset, ByteBuffer mark) {
    handle.write(offset, mark);
  }

  /** Puts a file that was written aside into the place of its name. */
  default void publish(FileIo files, FileHandle written, Path from, Path to) {
    written.flush();
    files.rename(from, to);
    files.syncDirectory(directory(to));
  }

  private static Path directory(Path file) {
    return file.toAbsolutePath().getParent();
  }
}
