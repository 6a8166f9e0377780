package io.ashlar.engine.journal.akka;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known of one persistent actor without reading the file. Immutable; the changes may come
 * in any order and lead to the same.
 *
 * @param highest the highest sequence number it ever reached
 * @param deletedTo its events up to this one are forgotten
 * @param deletionLsn the record that says so; 0 for none
 * @param snapshots its snapshots that are not forgotten
 */
record EntityState(long highest, long deletedTo, long deletionLsn, List<Snapshot> snapshots) {
  static final EntityState NONE = new EntityState(0, 0, 0, List.of());

  /** A snapshot and the number of its record. */
  record Snapshot(long lsn, long sequenceNr, long timestamp) {}

  EntityState withEvent(long sequenceNr) {
    return new EntityState(Math.max(highest, sequenceNr), deletedTo, deletionLsn, snapshots);
  }

  EntityState withDeletion(long lsn, Deletions.Events deleted) {
    boolean newest = lsn > deletionLsn;
    return new EntityState(
        Math.max(highest, deleted.highest()),
        Math.max(deletedTo, deleted.to()),
        newest ? lsn : deletionLsn,
        snapshots);
  }

  /** Of two snapshots at the same place the later record counts. */
  EntityState withSnapshot(Snapshot added) {
    List<Snapshot> kept = new ArrayList<>();
    for (Snapshot snapshot : snapshots) {
      if (snapshot.sequenceNr() != added.sequenceNr()) {
        kept.add(snapshot);
      } else if (snapshot.lsn() > added.lsn()) {
        return this;
      }
    }
    kept.add(added);
    return new EntityState(highest, deletedTo, deletionLsn, List.copyOf(kept));
  }

  EntityState withoutSnapshots(List<Long> lsns) {
    List<Snapshot> kept =
        snapshots.stream().filter(snapshot -> !lsns.contains(snapshot.lsn())).toList();
    return new EntityState(highest, deletedTo, deletionLsn, kept);
  }
}
