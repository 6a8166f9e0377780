package io.ashlar.engine.journal;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import io.ashlar.engine.journal.akka.ActorJournal;
import io.ashlar.engine.journal.akka.JournalFiles;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalExpectation;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalReader;
import io.ashlar.engine.journal.file.JournalSettings;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.engine.journal.file.Retention;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** Journals in files beside images. */
public final class FileJournals implements ImageJournals {
  /** Before the identity in persistence ids. */
  private static final String PREFIX = "bitmaps/";

  private final Supplier<JournalFiles> routes;
  private final JournalEnvironment environment;
  private final Supplier<Retention> retention;

  /**
   * Journals for the actors of a system.
   *
   * @param system asked when a journal is opened
   */
  public FileJournals(Supplier<ActorSystem<?>> system, JournalEnvironment environment) {
    this(system, environment, () -> record -> true);
  }

  /**
   * Journals for the actors of a system.
   *
   * @param system asked when a journal is opened
   * @param retention what a compaction keeps of records that are not of actors
   */
  public FileJournals(
      Supplier<ActorSystem<?>> system,
      JournalEnvironment environment,
      Supplier<Retention> retention) {
    this.retention = retention;
    this.routes = () -> JournalFiles.get(Adapter.toClassic(system.get()));
    this.environment = environment;
  }

  @Override
  public Opened open(Path place, UUID image, AfterCrash crash) {
    ActorJournal journal =
        environment.files().exists(place) ? found(place, image, crash) : begun(place, image, crash);
    String id = persistenceId(journal.journal().identity());
    try {
      routes.get().route(id, journal);
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
    return new OpenedFile(id, journal);
  }

  /** A journal and its route, which is there while the file is open. */
  private final class OpenedFile implements Opened {
    private final String id;
    private final ActorJournal journal;

    /** Whether the route is this one's. */
    private final AtomicBoolean routed = new AtomicBoolean(true);

    OpenedFile(String id, ActorJournal journal) {
      this.id = id;
      this.journal = journal;
    }

    @Override
    public String persistenceId() {
      return id;
    }

    @Override
    public JournalPlugins plugins() {
      return JournalPlugins.FILES;
    }

    @Override
    public Optional<ImageRecords> records() {
      return Optional.of(new FileRecords(journal));
    }

    @Override
    public Optional<BlockException> failure() {
      return journal.journal().failure();
    }

    @Override
    public void suspend() {
      unroute();
      journal.suspend();
    }

    @Override
    public boolean resume() {
      if (!journal.resume()) {
        return false;
      }
      routes.get().route(id, journal);
      routed.set(true);
      return true;
    }

    @Override
    public void close() {
      unroute();
      journal.close();
    }

    private void unroute() {
      if (routed.compareAndSet(true, false)) {
        routes.get().unroute(id);
      }
    }
  }

  static String persistenceId(JournalIdentity identity) {
    return PREFIX + identity;
  }

  @Override
  public JournalIdentity read(Path place, AfterCrash crash) {
    if (!environment.files().exists(place)) {
      throw missing(place);
    }
    RecordVisitor records = crash.records();
    return JournalReader.read(environment.files(), place, records).identity();
  }

  private static BlockException missing(Path place) {
    return new BlockException(
        ErrorCode.FILE_NOT_FOUND,
        "its journal '" + Texts.printable(place.toString()) + "' is not there");
  }

  private ActorJournal begun(Path place, UUID image, AfterCrash crash) {
    if (crash != null) {
      crash.lost(missing(place).getMessage());
    }
    JournalIdentity identity = new JournalIdentity(image, UUID.randomUUID());
    return ActorJournal.create(environment, place, identity, JournalSettings.STANDARD, retention);
  }

  private ActorJournal found(Path place, UUID image, AfterCrash crash) {
    JournalIdentity identity = JournalReader.identity(environment.files(), place);
    boolean named = crash != null && crash.names(identity);
    if (crash != null && !named) {
      crash.lost(
          "journal '"
              + Texts.printable(place.toString())
              + "' is not the one that the image names");
    }
    if (!named && !identity.image().equals(image)) {
      throw new BlockException(
          ErrorCode.JOURNAL_DAMAGED,
          "journal '"
              + Texts.printable(place.toString())
              + "' belongs to another image and is left alone; remove or rename it to begin a new"
              + " one");
    }
    return ActorJournal.open(
        environment,
        place,
        JournalExpectation.of(identity),
        JournalSettings.STANDARD,
        retention,
        crash == null ? record -> {} : crash.records());
  }
}
