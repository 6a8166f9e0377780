package io.ashlar.engine.journal.file;

import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.file.Path;

/**
 * Reads a journal and changes nothing: no lock, no repair, no new epoch. The file may be a copy, or
 * one that an engine is writing to at this moment; then what it had acknowledged when the reading
 * reached the end is shown.
 */
public final class JournalReader {
  /**
   * What the file says of itself.
   *
   * @param identity whose it is
   * @param epoch the last epoch that was begun
   * @param lastLsn the last record
   * @param createdMillis when this file was made, by a beginning or a compaction, milliseconds
   *     since 1970
   * @param used bytes up to the end of the last record
   * @param length bytes of the file
   * @param unfinished whether the remains of a write that never ended stand behind the last record
   */
  public record Summary(
      JournalIdentity identity,
      long epoch,
      long lastLsn,
      long createdMillis,
      long used,
      long length,
      boolean unfinished) {}

  /** How often the end is looked at again while somebody writes behind it. */
  private static final int PATIENCE = 1000;

  private JournalReader() {}

  /**
   * Whose journal a file is; reads its first block only.
   *
   * @throws JournalDamagedException when it is no journal, or its header is damaged
   */
  public static JournalIdentity identity(FileIo files, Path path) {
    try (OpenFile file = files.open(path, FileIo.Access.READ_ONLY);
        FileHandle handle = file.data(FileIo.Access.READ_ONLY, false)) {
      return new LogScanner(path, handle, JournalRules.STANDARD).header().identity();
    }
  }

  /**
   * Shows the records in order.
   *
   * @param visitor sees records as they come; those before a damage are shown as well
   * @throws JournalDamagedException when the file cannot be trusted from there on
   */
  public static Summary read(FileIo files, Path path, RecordVisitor visitor) {
    return read(files, path, visitor, JournalRules.STANDARD);
  }

  static Summary read(FileIo files, Path path, RecordVisitor visitor, JournalRules rules) {
    try (OpenFile file = files.open(path, FileIo.Access.READ_ONLY);
        FileHandle handle = file.data(FileIo.Access.READ_ONLY, false)) {
      LogScanner scanner = new LogScanner(path, handle, rules);
      LogEnd end = scan(scanner, file, visitor);
      FileHeader header = scanner.header();
      return new Summary(
          header.identity(),
          end.epoch(),
          end.lastLsn(),
          header.createdMillis(),
          end.position(),
          handle.length(),
          end.leftoverEnd() > 0);
    }
  }

  /** A writer that is just behind us looks like damage; then the file has changed meanwhile. */
  private static LogEnd scan(LogScanner scanner, OpenFile file, RecordVisitor visitor) {
    for (int i = 1; ; i++) {
      OpenFile.Stat before = file.stat();
      try {
        return scanner.scan(visitor);
      } catch (JournalDamagedException e) {
        OpenFile.Stat after = file.stat();
        // The time of change moves in steps of some milliseconds, so its standing still proves
        // little.
        boolean still = i > 3 && after.changedNanos() == before.changedNanos();
        if (i >= PATIENCE || still) {
          throw e;
        }
      }
    }
  }
}
