package io.ashlar.engine.journal.akka;

import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.Journal;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalExpectation;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.JournalSettings;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.engine.journal.file.Retention;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Waits;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal that persistent actors may use, beside others who append records of their own types to
 * it. Route persistence ids to it by {@link JournalFiles}.
 */
public final class ActorJournal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ActorJournal.class);

  /** A file smaller than this is not worth a compaction, bytes. */
  static final long SMALL = 512 << 10;

  private final Journal journal;
  private final EntityIndex index;
  private final Executor executor;
  private final Supplier<Retention> others;
  private final Waits.WaitLock compacting;

  /** Since the last compaction something was forgotten. */
  private volatile boolean forgotten;

  /**
   * The size from which on it is looked for what may go, bytes. At each opening the least: a file
   * that is opened often would never get there if it grew with what is found.
   */
  private volatile long compactAt = SMALL;

  private ActorJournal(
      Journal journal,
      EntityIndex index,
      JournalEnvironment environment,
      Supplier<Retention> others) {
    this.journal = journal;
    this.index = index;
    this.executor = environment.executor();
    this.compacting = environment.waits().newLock();
    this.others = others;
  }

  /**
   * Begins a journal.
   *
   * @param others for each compaction, decides about records that are not of persistent actors
   * @throws BlockException as {@link Journal#create}
   */
  public static ActorJournal create(
      JournalEnvironment environment,
      Path path,
      JournalIdentity identity,
      JournalSettings settings,
      Supplier<Retention> others) {
    Journal journal = Journal.create(environment, path, identity, settings);
    return new ActorJournal(journal, new EntityIndex(), environment, others);
  }

  /**
   * Opens a journal.
   *
   * @param others for each compaction, decides about records that are not of persistent actors
   * @param visitor sees all records
   * @throws BlockException as {@link Journal#open}
   */
  public static ActorJournal open(
      JournalEnvironment environment,
      Path path,
      JournalExpectation expected,
      JournalSettings settings,
      Supplier<Retention> others,
      RecordVisitor visitor) {
    EntityIndex index = new EntityIndex();
    Journal journal =
        Journal.open(
            environment,
            path,
            expected,
            settings,
            found -> {
              index.add(found);
              visitor.visit(found);
            });
    return new ActorJournal(journal, index, environment, others);
  }

  /** The file. */
  public Journal journal() {
    return journal;
  }

  EntityIndex index() {
    return index;
  }

  /** Runs I/O where it belongs. */
  void execute(Runnable task) {
    executor.execute(task);
  }

  /** Appends and then, when it is durable, does the rest with the number of the last record. */
  void append(
      List<NewRecord> records,
      LongConsumer durable,
      java.util.function.Consumer<BlockException> failed) {
    journal.append(
        records,
        new AppendListener() {
          @Override
          public void durable(long lastLsn) {
            durable.accept(lastLsn);
          }

          @Override
          public void failed(BlockException failure) {
            failed.accept(failure);
          }
        });
  }

  /** A record says that others are not wanted any more. */
  void forgets() {
    forgotten = true;
  }

  /** Somebody wrote what makes earlier records worthless; may write the file anew, in a while. */
  public void tidy() {
    forgets();
    if (journal.statistics().used() >= compactAt) {
      executor.execute(this::compactIfWorthIt);
    }
  }

  /** Writes the file anew when much of it is forgotten. Call it on the executor, or to close. */
  void compactIfWorthIt() {
    compacting.lock();
    try {
      if (!forgotten || !journal.isOpen() || journal.statistics().used() < compactAt) {
        return;
      }
      forgotten = false;
      compact();
      compactAt = Math.max(SMALL, 2 * journal.statistics().used());
    } catch (BlockException e) {
      compactAt = 2 * journal.statistics().used();
      LOG.warn("Could not compact; nothing is lost", e);
    } finally {
      compacting.unlock();
    }
  }

  /**
   * Writes the file anew without what is forgotten.
   *
   * @throws BlockException as {@link Journal#compact}
   */
  public void compact() {
    journal.compact(new Wanted());
  }

  /**
   * Lets go of the file until {@link #resume}; end the route before.
   *
   * @throws BlockException as {@link Journal#suspend}
   */
  public void suspend() {
    compactIfWorthIt();
    journal.suspend();
  }

  /**
   * Takes the file up again, if nobody has touched it.
   *
   * @return whether it did
   * @throws BlockException as {@link Journal#resume}
   */
  public boolean resume() {
    return journal.resume();
  }

  /** Closes the file. Idempotent. */
  @Override
  public void close() {
    compactIfWorthIt();
    journal.close();
  }

  /** The index of the moment may lag behind the file, so the file itself is asked. */
  private final class Wanted implements Retention {
    private final EntityIndex now = new EntityIndex();
    private final Retention rest = others.get();

    @Override
    public void sees(JournalRecord found) {
      if (!now.add(found)) {
        rest.sees(found);
      }
    }

    @Override
    public boolean keeps(JournalRecord found) {
      return switch (found.type()) {
        case RecordTypes.EVENT,
            RecordTypes.EVENTS_DELETED,
            RecordTypes.SNAPSHOT,
            RecordTypes.SNAPSHOTS_DELETED ->
            now.keeps(found);
        case RecordTypes.OPENED -> found.epoch() == journal.epoch();
        default -> rest.keeps(found);
      };
    }
  }
}
