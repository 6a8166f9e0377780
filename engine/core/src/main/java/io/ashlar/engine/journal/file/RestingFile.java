package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.OpenFile;
import java.nio.file.Path;

/**
 * What is remembered of a journal's file while it is let go: enough to see, when it is open and
 * locked again, that nobody has touched it meanwhile. In doubt it was touched.
 *
 * @param stat of the file after the last write
 * @param end where its log ended
 */
record RestingFile(Path path, JournalIdentity identity, OpenFile.Stat stat, LogEnd end) {
  /**
   * Whether the file is the same, has the same length and times, and ends with the same frame and
   * mark. The times alone would not do, for they move in steps of some milliseconds; the end alone
   * would not either, for damage before it shows in the times only.
   *
   * @param file open and locked
   */
  boolean isAsItWasLeft(OpenFile file, FileHandle handle, JournalRules rules) {
    OpenFile.Stat now = file.stat();
    if (now.device() != stat.device()
        || now.inode() != stat.inode()
        || now.size() != stat.size()
        || now.modifiedNanos() != stat.modifiedNanos()
        || now.changedNanos() != stat.changedNanos()) {
      return false;
    }
    try {
      ReadWindow window = new ReadWindow(path, handle, ReadWindow.LITTLE);
      LogScanner scanner = new LogScanner(path, handle, rules, window);
      return scanner.header().identity().equals(identity) && scanner.endsWith(end);
    } catch (BlockException e) {
      // What is damaged or cannot be read is looked at by a full opening, which says why.
      return false;
    }
  }
}
