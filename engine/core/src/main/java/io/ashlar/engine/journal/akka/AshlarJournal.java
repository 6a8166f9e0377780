package io.ashlar.engine.journal.akka;

import akka.dispatch.Futures;
import akka.persistence.AtomicWrite;
import akka.persistence.PersistentRepr;
import akka.persistence.journal.japi.AsyncWriteJournal;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import io.ashlar.engine.journal.file.Journal;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
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
 * <p>Events that are persisted together are written together, all or none. More than an append can
 * take at once is rejected.
 */
public final class AshlarJournal extends AsyncWriteJournal {
  private final JournalFiles files = JournalFiles.get(context().system());
  private final Serialization serialization = SerializationExtension.get(context().system());

  /** Events of one request, in parts that an append can take, and how far they bring each actor. */
  private static final class Batch {
    private final List<List<NewRecord>> parts = new ArrayList<>(List.of(new ArrayList<>()));
    private final Map<String, Long> highest = new HashMap<>();
    private long size;

    void add(List<NewRecord> records) {
      long added = 0;
      for (NewRecord next : records) {
        added += Journal.AROUND + next.payload().remaining();
      }
      if (added > Journal.LARGEST_APPEND) {
        throw new BlockException(
            ErrorCode.LIMIT_EXCEEDED,
            "events of %d bytes are more than the %d that a journal takes at once"
                .formatted(added, Journal.LARGEST_APPEND));
      }
      if (size + added > Journal.LARGEST_APPEND) {
        parts.add(new ArrayList<>());
        size = 0;
      }
      parts.get(parts.size() - 1).addAll(records);
      size += added;
    }
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
    write(journal, batch, () -> promise.success(results), promise::tryFailure);
    return promise.future();
  }

  private static void write(
      ActorJournal journal, Batch batch, Runnable durable, Consumer<BlockException> failed) {
    AtomicInteger left = new AtomicInteger(batch.parts.size());
    for (List<NewRecord> part : batch.parts) {
      journal.append(
          part,
          lsn -> {
            if (left.decrementAndGet() == 0) {
              batch.highest.forEach(
                  (id, sequenceNr) ->
                      journal.index().change(id, state -> state.withEvent(sequenceNr)));
              durable.run();
            }
          },
          failed);
    }
  }

  /** Empty, or why the write is rejected. */
  private Optional<Exception> add(AtomicWrite write, Batch batch, ActorJournal journal) {
    String id = write.persistenceId();
    long last = batch.highest.getOrDefault(id, journal.index().of(id).highest());
    if (write.lowestSequenceNr() <= last) {
      throw new BlockException(
          ErrorCode.INTERNAL,
          "event %d of '%s' follows event %d; another actor writes under the same id"
              .formatted(write.lowestSequenceNr(), id, last));
    }
    try {
      List<NewRecord> records = new ArrayList<>();
      for (PersistentRepr event : CollectionConverters.asJava(write.payload())) {
        records.add(encode(event));
      }
      batch.add(records);
    } catch (Exception e) { // whatever a serializer throws is a rejection
      return Optional.of(e);
    }
    batch.highest.put(id, write.highestSequenceNr());
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
          journal.forgets();
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
