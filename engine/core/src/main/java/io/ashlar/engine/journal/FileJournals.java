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
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.engine.journal.file.Retention;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.nio.ByteBuffer;
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
  private final JournalSettings settings;

  /**
   * Journals for the actors of a system.
   *
   * @param system asked when a journal is opened
   */
  public FileJournals(Supplier<ActorSystem<?>> system, JournalEnvironment environment) {
    this(system, environment, () -> record -> true, JournalSettings.STANDARD);
  }

  /**
   * Journals for the actors of a system.
   *
   * @param system asked when a journal is opened
   * @param retention what a compaction keeps of records that are not of actors
   * @param settings sizes
   */
  public FileJournals(
      Supplier<ActorSystem<?>> system,
      JournalEnvironment environment,
      Supplier<Retention> retention,
      JournalSettings settings) {
    this.retention = retention;
    this.settings = settings;
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
    return ActorJournal.create(environment, place, identity, settings, retention);
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
    boolean own = identity.image().equals(image) || adopted(place, image);
    if (!named && !own) {
      throw new BlockException(
          ErrorCode.JOURNAL_DAMAGED,
          "journal '"
              + Texts.printable(place.toString())
              + "' belongs to another image and is left alone; remove or rename it to begin a new"
              + " one");
    }
    ActorJournal journal =
        ActorJournal.open(
            environment,
            place,
            JournalExpectation.of(identity),
            settings,
            retention,
            crash == null ? record -> {} : crash.records());
    if (!own) {
      adopt(journal, image);
    }
    return journal;
  }

  /**
   * The image is a copy that names the journal of what it was copied of. While it does, that is
   * proof; once it was closed in order it names none, and this record is the proof.
   */
  private static void adopt(ActorJournal journal, UUID image) {
    boolean done = false;
    try {
      ByteBuffer content =
          ByteBuffer.allocate(2 * Long.BYTES)
              .putLong(image.getMostSignificantBits())
              .putLong(image.getLeastSignificantBits())
              .flip();
      journal.journal().append(new NewRecord(RecordTypes.ADOPTED, content));
      done = true;
    } finally {
      if (!done) {
        journal.close();
      }
    }
  }

  /** Whether that image was the last one that the journal was adopted for. */
  private boolean adopted(Path place, UUID image) {
    UUID[] last = new UUID[1];
    JournalReader.read(
        environment.files(),
        place,
        found -> {
          if (found.type() == RecordTypes.ADOPTED
              && found.payload().remaining() == 2 * Long.BYTES) {
            ByteBuffer content = found.payload().duplicate();
            last[0] = new UUID(content.getLong(), content.getLong());
          }
        });
    return image.equals(last[0]);
  }
}
