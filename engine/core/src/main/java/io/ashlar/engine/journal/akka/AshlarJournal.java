package io.ashlar.engine.journal.akka;

import akka.dispatch.Futures;
import akka.persistence.AtomicWrite;
import akka.persistence.PersistentRepr;
import akka.persistence.journal.japi.AsyncWriteJournal;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/**
 * Akka's journal plugin over journal files. Events are serialized on the plugin's own actor, where
 * a failure is a rejection: that event is not written and its actor may go on. Everything after
 * that happens on the journal's executor, where a failure stops the actor, because what is on disk
 * is then unknown.
 *
 * <p>Events that arrive together are written together, all or none.
 */
public final class AshlarJournal extends AsyncWriteJournal {
  private final JournalFiles files = JournalFiles.get(context().system());
  private final Serialization serialization = SerializationExtension.get(context().system());

  /** Events of one request that go to one file, and how far they bring each actor. */
  private static final class Batch {
    private final List<NewRecord> records = new ArrayList<>();
    private final Map<String, Long> highest = new HashMap<>();
  }

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(
      Iterable<AtomicWrite> messages) {
    Promise<Iterable<Optional<Exception>>> promise = Futures.promise();
    List<Optional<Exception>> results = new ArrayList<>();
    Batch batch = new Batch();
    ActorJournal journal = null;
    for (AtomicWrite write : messages) {
      journal = files.of(write.persistenceId()); // all of one request are of one actor
      results.add(add(write, batch, journal));
    }
    if (journal == null) {
      return Futures.successful(results);
    }
    ActorJournal target = journal;
    target.append(
        batch.records,
        lsn -> {
          batch.highest.forEach(
              (id, sequenceNr) -> target.index().change(id, state -> state.withEvent(sequenceNr)));
          promise.success(results);
        },
        promise::failure);
    return promise.future();
  }

  /** Empty, or why the write is rejected. */
  private Optional<Exception> add(AtomicWrite write, Batch batch, ActorJournal journal) {
    List<NewRecord> records = new ArrayList<>();
    long last =
        batch.highest.getOrDefault(
            write.persistenceId(), journal.index().of(write.persistenceId()).highest());
    for (PersistentRepr event : CollectionConverters.asJava(write.payload())) {
      if (event.sequenceNr() <= last) {
        throw new BlockException(
            ErrorCode.INTERNAL,
            "event %d of '%s' follows event %d; another actor writes under the same id"
                .formatted(event.sequenceNr(), event.persistenceId(), last));
      }
      last = event.sequenceNr();
      try {
        records.add(encode(event));
      } catch (Exception e) { // whatever a serializer throws is a rejection
        return Optional.of(e);
      }
    }
    batch.records.addAll(records);
    batch.highest.put(write.persistenceId(), last);
    return Optional.empty();
  }

  private NewRecord encode(PersistentRepr event) {
    return new StoredEvent(
            event.persistenceId(),
            event.sequenceNr(),
            event.timestamp(),
            event.writerUuid(),
            event.manifest(),
            Serialized.of(serialization, event.payload()),
            OptionConverters.toJava(event.metadata())
                .map(metadata -> Serialized.of(serialization, metadata)))
        .encode();
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
    ActorJournal journal = files.of(persistenceId);
    EntityState state = journal.index().of(persistenceId);
    long to = Math.min(toSequenceNr, state.highest());
    if (to <= state.deletedTo()) {
      return Futures.successful(null);
    }
    Deletions.Events deleted = new Deletions.Events(persistenceId, to, state.highest());
    Promise<Void> promise = Futures.promise();
    journal.append(
        List.of(deleted.encode()),
        lsn -> {
          journal.index().change(persistenceId, now -> now.withDeletion(lsn, deleted));
          promise.success(null);
          journal.compactIfWorthIt();
        },
        promise::failure);
    return promise.future();
  }

  /** Waits for the writes before it, whose outcome nobody may know yet. */
  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
    ActorJournal journal = files.of(persistenceId);
    Promise<Long> promise = Futures.promise();
    journal.append(
        List.of(),
        lsn -> promise.success(journal.index().of(persistenceId).highest()),
        promise::failure);
    return promise.future();
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId,
      long fromSequenceNr,
      long toSequenceNr,
      long max,
      Consumer<PersistentRepr> replay) {
    ActorJournal journal = files.of(persistenceId);
    Promise<Void> promise = Futures.promise();
    journal.execute(
        () -> {
          try {
            long from = Math.max(fromSequenceNr, journal.index().of(persistenceId).deletedTo() + 1);
            new Replay(persistenceId, from, toSequenceNr, max, replay).run(journal);
            promise.success(null);
          } catch (Exception e) { // a deserializer may throw anything; the actor must hear of it
            promise.failure(e);
          }
        });
    return promise.future();
  }

  private final class Replay {
    private final String persistenceId;
    private final long from;
    private final long to;
    private final Consumer<PersistentRepr> replay;
    private long left;

    Replay(String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
      this.persistenceId = persistenceId;
      this.from = from;
      this.to = to;
      this.left = max;
      this.replay = replay;
    }

    void run(ActorJournal journal) {
      if (from > to || left <= 0) {
        return;
      }
      journal
          .journal()
          .read(
              found -> {
                if (found.type() == RecordTypes.EVENT && left > 0) {
                  show(StoredEvent.decode(found));
                }
              });
    }

    private void show(StoredEvent event) {
      if (!event.persistenceId().equals(persistenceId)
          || event.sequenceNr() < from
          || event.sequenceNr() > to) {
        return;
      }
      left--;
      PersistentRepr shown =
          PersistentRepr.apply(
                  event.event().read(serialization),
                  event.sequenceNr(),
                  persistenceId,
                  event.adapterManifest(),
                  false,
                  null,
                  event.writer())
              .withTimestamp(event.timestamp());
      replay.accept(
          event
              .metadata()
              .map(metadata -> shown.withMetadata(metadata.read(serialization)))
              .orElse(shown));
    }
  }
}
