package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A file that is written aside and then takes the journal's name: a new journal, or the compacted
 * form of one. Unless it was published, closing it removes it.
 */
final class Replacement implements AutoCloseable {
  /** The new file may or may not have taken its place. */
  static final class Uncertain extends BlockException {
    private static final long serialVersionUID = 1L;

    Uncertain(BlockException cause) {
      super(cause.code(), cause.getMessage(), cause);
    }
  }

  private final FileIo files;
  private final Path path;
  private final Path aside;
  private final JournalRules rules;
  private final OpenFile opened;
  private final FileHandle handle;
  private final JournalFile file;
  private boolean published;

  private Replacement(
      FileIo files,
      Path path,
      JournalRules rules,
      OpenFile opened,
      FileHandle handle,
      JournalFile file) {
    this.files = files;
    this.path = path;
    this.aside = aside(path);
    this.rules = rules;
    this.opened = opened;
    this.handle = handle;
    this.file = file;
  }

  /** Where a file waits until it takes the journal's place. */
  static Path aside(Path path) {
    return path.resolveSibling(path.getFileName() + ".new");
  }

  /**
   * Makes the file.
   *
   * @param epoch of the journal; 0 for one that begins
   * @param lastLsn the last record number given away
   * @param nextFrame the number of the first frame
   */
  static Replacement begin(
      JournalEnvironment environment,
      Path path,
      JournalIdentity identity,
      long epoch,
      long lastLsn,
      long nextFrame,
      JournalRules rules,
      JournalSettings settings) {
    FileIo files = environment.files();
    Path aside = aside(path);
    files.delete(aside); // what a crash may have left
    OpenFile opened = files.createPrivate(aside);
    FileHandle handle = null;
    try {
      JournalFile.requireLock(opened, aside);
      handle = opened.data(FileIo.Access.READ_WRITE, false);
      long space = Layout.HEADER + settings.growth();
      ByteBuffer header =
          FileHeader.encode(
              identity,
              Math.max(epoch, 1),
              lastLsn,
              nextFrame,
              environment.clock().currentTimeMillis(),
              space);
      int checksum = header.getInt(Layout.HEADER - Integer.BYTES);
      handle.write(0, header);
      JournalFile.writeZeros(handle, Layout.HEADER, space);
      LogEnd end =
          new LogEnd(Layout.HEADER, checksum, nextFrame, lastLsn, epoch, space, false, 0, 0);
      JournalFile file = new JournalFile(path, opened, handle, identity, end, rules, settings);
      return new Replacement(files, path, rules, opened, handle, file);
    } catch (RuntimeException | Error e) {
      if (handle != null) {
        handle.close();
      }
      opened.close();
      deleteQuietly(files, aside, e);
      throw e;
    }
  }

  /** The file, to be filled. */
  JournalFile file() {
    return file;
  }

  /**
   * Gives it the journal's name, durably.
   *
   * @throws Uncertain when nobody knows which file has the name now
   * @throws BlockException when it is the old one, or none
   */
  JournalFile publish() {
    try {
      rules.publish(files, handle, aside, path);
      published = true;
      return file;
    } catch (BlockException e) {
      if (!files.exists(aside)) {
        published = true; // there is nothing to remove
        handle.close();
        opened.close();
        throw new Uncertain(e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    if (!published) {
      handle.close();
      opened.close();
      files.delete(aside);
    }
  }

  private static void deleteQuietly(FileIo files, Path aside, Throwable reason) {
    try {
      files.delete(aside);
    } catch (BlockException e) {
      reason.addSuppressed(e);
    }
  }
}
