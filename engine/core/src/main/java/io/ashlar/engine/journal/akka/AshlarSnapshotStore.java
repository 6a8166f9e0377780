package io.ashlar.engine.journal.akka;

import akka.dispatch.Futures;
import akka.persistence.SelectedSnapshot;
import akka.persistence.SnapshotMetadata;
import akka.persistence.SnapshotSelectionCriteria;
import akka.persistence.snapshot.japi.SnapshotStore;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import scala.Option;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.OptionConverters;

/**
 * Akka's snapshot plugin over journal files: a snapshot is a record among the events of its actor,
 * and as durable when it is acknowledged.
 */
public final class AshlarSnapshotStore extends SnapshotStore {
  private final JournalFiles files = JournalFiles.get(context().system());
  private final Serialization serialization = SerializationExtension.get(context().system());

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    ActorJournal journal = files.of(persistenceId);
    Promise<Optional<SelectedSnapshot>> promise = Futures.promise();
    // Behind the writes before it, as a snapshot may be among them.
    journal.append(
        List.of(),
        lsn -> {
          try {
            promise.success(load(journal, persistenceId, criteria));
          } catch (Exception e) { // a deserializer may throw anything; the actor must hear of it
            promise.failure(e);
          }
        },
        promise::failure);
    return promise.future();
  }

  private Optional<SelectedSnapshot> load(
      ActorJournal journal, String persistenceId, SnapshotSelectionCriteria criteria) {
    Optional<EntityState.Snapshot> newest =
        journal.index().of(persistenceId).snapshots().stream()
            .filter(snapshot -> matches(criteria, snapshot))
            .max(Comparator.comparingLong(EntityState.Snapshot::sequenceNr));
    return newest.map(snapshot -> read(journal, snapshot));
  }

  private SelectedSnapshot read(ActorJournal journal, EntityState.Snapshot wanted) {
    JournalRecord[] place = new JournalRecord[1];
    journal
        .journal()
        .read(
            found -> {
              if (found.lsn() == wanted.lsn()) {
                place[0] = found;
              }
            });
    if (place[0] == null) {
      throw new BlockException(
          ErrorCode.JOURNAL_DAMAGED,
          "journal '%s' has lost record %d".formatted(journal.journal().path(), wanted.lsn()));
    }
    StoredSnapshot snapshot = StoredSnapshot.decode(place[0]);
    SnapshotMetadata metadata =
        new SnapshotMetadata(
            snapshot.persistenceId(),
            snapshot.sequenceNr(),
            snapshot.timestamp(),
            snapshot
                .metadata()
                .map(stored -> Option.apply(stored.read(serialization)))
                .orElseGet(Option::empty));
    return SelectedSnapshot.create(metadata, snapshot.state().read(serialization));
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object state) {
    String persistenceId = metadata.persistenceId();
    ActorJournal journal = files.of(persistenceId);
    StoredSnapshot snapshot =
        new StoredSnapshot(
            persistenceId,
            metadata.sequenceNr(),
            metadata.timestamp(),
            Serialized.of(serialization, state),
            OptionConverters.toJava(metadata.metadata())
                .map(value -> Serialized.of(serialization, value)));
    Promise<Void> promise = Futures.promise();
    journal.append(
        List.of(snapshot.encode()),
        lsn -> {
          EntityState.Snapshot added =
              new EntityState.Snapshot(lsn, snapshot.sequenceNr(), snapshot.timestamp());
          journal.index().change(persistenceId, now -> now.withSnapshot(added));
          promise.success(null);
        },
        promise::failure);
    return promise.future();
  }

  /** A time of 0 stands for any. */
  @Override
  public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
    return delete(
        metadata.persistenceId(),
        snapshot ->
            snapshot.sequenceNr() == metadata.sequenceNr()
                && (metadata.timestamp() == 0 || snapshot.timestamp() == metadata.timestamp()));
  }

  @Override
  public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
    return delete(persistenceId, snapshot -> matches(criteria, snapshot));
  }

  private Future<Void> delete(String persistenceId, Predicate<EntityState.Snapshot> which) {
    ActorJournal journal = files.of(persistenceId);
    List<Long> lsns =
        journal.index().of(persistenceId).snapshots().stream()
            .filter(which)
            .map(EntityState.Snapshot::lsn)
            .toList();
    if (lsns.isEmpty()) {
      return Futures.successful(null);
    }
    Promise<Void> promise = Futures.promise();
    journal.append(
        List.of(new Deletions.Snapshots(persistenceId, lsns).encode()),
        lsn -> {
          journal.index().change(persistenceId, now -> now.withoutSnapshots(lsns));
          journal.forgets();
          promise.success(null);
          journal.compactIfWorthIt();
        },
        promise::failure);
    return promise.future();
  }

  private static boolean matches(
      SnapshotSelectionCriteria criteria, EntityState.Snapshot snapshot) {
    return snapshot.sequenceNr() <= criteria.maxSequenceNr()
        && snapshot.timestamp() <= criteria.maxTimestamp()
        && snapshot.sequenceNr() >= criteria.minSequenceNr()
        && snapshot.timestamp() >= criteria.minTimestamp();
  }
}
