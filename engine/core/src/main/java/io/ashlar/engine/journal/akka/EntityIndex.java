package io.ashlar.engine.journal.akka;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** The persistent actors of one journal. */
final class EntityIndex {
  private final ConcurrentHashMap<String, EntityState> entities = new ConcurrentHashMap<>();

  EntityState of(String persistenceId) {
    return entities.getOrDefault(persistenceId, EntityState.NONE);
  }

  void change(String persistenceId, UnaryOperator<EntityState> change) {
    entities.compute(
        persistenceId, (id, state) -> change.apply(state == null ? EntityState.NONE : state));
  }

  /** Whether the record was one of a persistent actor. */
  boolean add(JournalRecord found) {
    switch (found.type()) {
      case RecordTypes.EVENT -> {
        StoredEvent event = StoredEvent.decode(found);
        change(event.persistenceId(), state -> state.withEvent(event.sequenceNr()));
      }
      case RecordTypes.EVENTS_DELETED -> {
        Deletions.Events deleted = Deletions.Events.decode(found);
        change(deleted.persistenceId(), state -> state.withDeletion(found.lsn(), deleted));
      }
      case RecordTypes.SNAPSHOT -> {
        StoredSnapshot snapshot = StoredSnapshot.decode(found);
        change(
            snapshot.persistenceId(),
            state ->
                state.withSnapshot(
                    new EntityState.Snapshot(
                        found.lsn(), snapshot.sequenceNr(), snapshot.timestamp())));
      }
      case RecordTypes.SNAPSHOTS_DELETED -> {
        Deletions.Snapshots deleted = Deletions.Snapshots.decode(found);
        change(deleted.persistenceId(), state -> state.withoutSnapshots(deleted.lsns()));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Whether a record of a persistent actor is still wanted. */
  boolean keeps(JournalRecord found) {
    return switch (found.type()) {
      case RecordTypes.EVENT -> {
        StoredEvent event = StoredEvent.decode(found);
        yield event.sequenceNr() > of(event.persistenceId()).deletedTo();
      }
      case RecordTypes.EVENTS_DELETED ->
          of(Deletions.Events.decode(found).persistenceId()).deletionLsn() == found.lsn();
      case RecordTypes.SNAPSHOT -> {
        EntityState state = of(StoredSnapshot.decode(found).persistenceId());
        yield state.snapshots().stream().anyMatch(snapshot -> snapshot.lsn() == found.lsn());
      }
      default -> false;
    };
  }
}
