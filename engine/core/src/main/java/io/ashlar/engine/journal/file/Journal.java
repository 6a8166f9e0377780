package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An open journal. Thread-safe. Appends are durable when they return, in one order, and share
 * flushes. After the first failed write or flush it has failed for good: every later append fails
 * with that cause, and opening the file again decides what is in it.
 *
 * <p>Only one opening for writing at a time, which a lock on the file enforces; the holder of the
 * image's write lock is the one to open its journal.
 */
public final class Journal implements AutoCloseable {
  /** The most that records of one append may take, bytes, each with {@link #AROUND} more. */
  public static final int LARGEST_APPEND = Layout.LONGEST_BODY;

  /** What stands around the content of each record, bytes. */
  public static final int AROUND = Layout.RECORD_HEADER;

  private final JournalEnvironment environment;
  private final Path path;
  private final JournalIdentity identity;
  private final JournalSettings settings;
  private final JournalRules rules;
  private final CommitQueue queue;
  private final AtomicLong commits = new AtomicLong();
  private final AtomicLong records = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong largest = new AtomicLong();
  private final AtomicLong compactions = new AtomicLong();
  private volatile JournalFile file;

  /** What the file was like when it was let go; null while it is open. */
  private volatile RestingFile resting;

  private Journal(
      JournalEnvironment environment,
      Path path,
      JournalIdentity identity,
      JournalSettings settings,
      JournalRules rules,
      JournalFile file) {
    this.environment = environment;
    this.path = path;
    this.identity = identity;
    this.settings = settings;
    this.rules = rules;
    this.file = file;
    this.queue =
        new CommitQueue(
            "journal '" + path + "'", environment.waits(), environment.executor(), new Leader());
  }

  /**
   * Begins a journal, mode 0600. A crash leaves either none or a whole one.
   *
   * @throws BlockException FILE_EXISTS when the file is there already; NO_SPACE, ACCESS_DENIED or
   *     IO_ERROR when it cannot be made
   */
  public static Journal create(
      JournalEnvironment environment,
      Path path,
      JournalIdentity identity,
      JournalSettings settings) {
    return create(environment, path, identity, settings, JournalRules.STANDARD);
  }

  static Journal create(
      JournalEnvironment environment,
      Path path,
      JournalIdentity identity,
      JournalSettings settings,
      JournalRules rules) {
    if (environment.files().exists(path)) {
      throw new BlockException(ErrorCode.FILE_EXISTS, "journal '" + path + "' exists already");
    }
    try (Replacement made =
        Replacement.begin(environment, path, identity, 0, 0, 1, rules, settings)) {
      made.file().beginEpoch(environment.clock().currentTimeMillis());
      JournalFile file = made.publish();
      return new Journal(environment, path, identity, settings, rules, file);
    }
  }

  /**
   * Opens a journal for writing and begins a new epoch. Shows what is in it on the way.
   *
   * @param visitor sees every record that was ever acknowledged and not compacted away, in order
   * @throws JournalDamagedException when it cannot be trusted, also after records were shown: they
   *     are not to be used then. The file is left as it is
   * @throws BlockException FILE_NOT_FOUND, FILE_LOCKED, NO_SPACE, ACCESS_DENIED or IO_ERROR
   */
  public static Journal open(
      JournalEnvironment environment,
      Path path,
      JournalExpectation expected,
      JournalSettings settings,
      RecordVisitor visitor) {
    return open(environment, path, expected, settings, visitor, JournalRules.STANDARD);
  }

  static Journal open(
      JournalEnvironment environment,
      Path path,
      JournalExpectation expected,
      JournalSettings settings,
      RecordVisitor visitor,
      JournalRules rules) {
    OpenFile opened = JournalFile.lock(environment.files(), path);
    FileHandle handle = null;
    try {
      handle = opened.data(FileIo.Access.READ_WRITE, false);
      LogScanner scanner = new LogScanner(path, handle, rules);
      requireIdentity(path, expected, scanner.header());
      LogEnd end = scanner.scan(visitor);
      requireReached(path, expected, end);
      JournalFile file =
          new JournalFile(path, opened, handle, expected.identity(), end, rules, settings);
      environment.files().delete(Replacement.aside(path)); // what a crash may have left
      file.repair(end);
      file.beginEpoch(environment.clock().currentTimeMillis());
      return new Journal(environment, path, expected.identity(), settings, rules, file);
    } catch (RuntimeException | Error e) {
      if (handle != null) {
        handle.close();
      }
      opened.close();
      throw e;
    }
  }

  private static void requireIdentity(Path path, JournalExpectation expected, FileHeader header) {
    if (!expected.identity().equals(header.identity())) {
      throw new JournalDamagedException(
          path,
          Damage.IDENTITY,
          16,
          "it belongs to %s and not to %s".formatted(header.identity(), expected.identity()));
    }
  }

  private static void requireReached(Path path, JournalExpectation expected, LogEnd end) {
    if (end.lastLsn() < expected.leastLsn() || end.epoch() < expected.leastEpoch()) {
      throw new JournalDamagedException(
          path,
          Damage.OLD,
          end.position(),
          "it ends with record %d of epoch %d, and the image has seen record %d of epoch %d"
              .formatted(end.lastLsn(), end.epoch(), expected.leastLsn(), expected.leastEpoch()));
    }
  }

  /**
   * Appends one record and waits until it is durable.
   *
   * @return its number
   * @throws BlockException NO_SPACE when nothing was written and the journal goes on;
   *     LIMIT_EXCEEDED when it is too large; CLOSED; another code when the journal has failed and
   *     the outcome is unknown
   */
  public long append(NewRecord added) {
    return append(List.of(added));
  }

  /**
   * Appends records, all or none, and waits until they are durable.
   *
   * @return the number of the last one; of the last one before, when there are none
   * @throws BlockException as {@link #append(NewRecord)}
   */
  public long append(List<NewRecord> added) {
    return queue.append(added);
  }

  /**
   * Appends records, all or none, and does not wait. With no records it only tells when everything
   * before is durable.
   *
   * @throws BlockException LIMIT_EXCEEDED, CLOSED, or the reason why the journal has failed; the
   *     listener hears nothing then
   */
  public void append(List<NewRecord> added, AppendListener listener) {
    queue.append(added, listener);
  }

  /**
   * Shows every record that is in the file, up to the last one acknowledged when it began. Appends
   * go on meanwhile.
   *
   * @throws JournalDamagedException when the file has changed under us
   */
  public void read(RecordVisitor visitor) {
    JournalFile seen = file;
    while (!seen.read(visitor)) {
      JournalFile next = file;
      if (next == seen) {
        throw new BlockException(ErrorCode.CLOSED, "journal '" + path + "' was closed");
      }
      seen = next;
    }
  }

  /**
   * Writes the file anew with what is still wanted. Appends wait meanwhile. A crash leaves the old
   * file or the new one; a failure before the new one has taken its place, such as NO_SPACE, leaves
   * the journal as it was.
   */
  public void compact(Retention retention) {
    queue.alone(() -> replace(retention));
  }

  private void replace(Retention retention) {
    JournalFile old = file;
    try (Replacement made =
        Replacement.begin(
            environment,
            path,
            identity,
            old.epoch(),
            old.lastLsn(),
            old.nextFrame(),
            rules,
            settings)) {
      JournalFile next = made.file();
      old.read(retention::sees);
      old.read(
          found -> {
            if (retention.keeps(found)) {
              next.keep(found);
            }
          });
      next.endKept();
      file = made.publish();
    } catch (Replacement.Uncertain e) {
      queue.fail(e.getCause());
      throw e;
    }
    compactions.incrementAndGet();
    old.close();
  }

  /**
   * Lets go of the file, with its lock, after the appends that have begun. Until {@link #resume}
   * others may open it, and this one appends and reads nothing: both fail with CLOSED. What was
   * acknowledged is durable; the last mark may still be in memory only.
   *
   * @throws BlockException CLOSED, or why the journal has failed; close it then
   */
  public void suspend() {
    queue.suspend(
        () -> {
          resting = file.atRest();
          file.close();
        });
  }

  /**
   * Takes the file up again behind its last record, in the same epoch, without reading it. One
   * caller at a time, after {@link #suspend}.
   *
   * @return false when it is not the file that was let go, or somebody has written to it, however
   *     little, or that cannot be ruled out. Close this one then and open the file
   * @throws BlockException FILE_NOT_FOUND, FILE_LOCKED, ACCESS_DENIED, IO_ERROR or CLOSED; the same
   *     holds
   */
  public boolean resume() {
    OpenFile opened = JournalFile.lock(environment.files(), path);
    FileHandle handle = null;
    boolean taken = false;
    try {
      handle = opened.data(FileIo.Access.READ_WRITE, false);
      RestingFile left = resting;
      if (rules.mayGoOn(left.isAsItWasLeft(opened, handle, rules))) {
        JournalFile next =
            new JournalFile(path, opened, handle, identity, left.end(), rules, settings);
        queue.resume(
            () -> {
              file = next;
              resting = null;
            });
        taken = true;
      }
      return taken;
    } finally {
      if (!taken) {
        if (handle != null) {
          handle.close();
        }
        opened.close();
      }
    }
  }

  /** Whether it takes appends: neither failed nor closed nor let go. */
  public boolean isOpen() {
    return queue.isUsable();
  }

  /** Why the journal has failed, if it has. */
  public Optional<BlockException> failure() {
    return Optional.ofNullable(queue.failure());
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** Whose it is. */
  public JournalIdentity identity() {
    return identity;
  }

  /** The epoch that this opening began. */
  public long epoch() {
    return file.epoch();
  }

  /** The number of the last durable record. */
  public long lastLsn() {
    return file.lastLsn();
  }

  /** When the file was changed last, by its file system's clock, nanoseconds since 1970. */
  public long changedNanos() {
    return file.changedNanos();
  }

  /** Counters. */
  public JournalStatistics statistics() {
    JournalFile now = file;
    return new JournalStatistics(
        commits.get(),
        records.get(),
        bytes.get(),
        largest.get(),
        now.failedGrowths(),
        compactions.get(),
        now.lastLsn(),
        now.epoch(),
        now.tail(),
        now.space());
  }

  /** Waits for the appends that have begun, refuses others, and closes the file. Idempotent. */
  @Override
  public void close() {
    queue.close(
        () -> {
          if (resting != null) {
            return;
          }
          try {
            if (queue.failure() == null) {
              file.flush();
            }
          } finally {
            file.close();
          }
        });
  }

  private final class Leader implements BatchWriter {
    @Override
    public void reserve(int body) {
      file.reserve(body);
    }

    @Override
    public long commit(List<NewRecord> added) {
      long before = file.tail();
      long last = file.commit(added);
      commits.incrementAndGet();
      records.addAndGet(added.size());
      bytes.addAndGet(file.tail() - before);
      largest.accumulateAndGet(added.size(), Math::max);
      return last;
    }

    @Override
    public long lastLsn() {
      return file.lastLsn();
    }
  }
}
