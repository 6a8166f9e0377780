package io.ashlar.engine.journal.akka;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import java.util.ArrayList;
import java.util.List;

/** Records that say that others are forgotten. */
final class Deletions {
  /**
   * Events of an actor are forgotten.
   *
   * @param to the last of them
   * @param highest the highest sequence number that the actor had reached, which must outlive them
   */
  record Events(String persistenceId, long to, long highest) {
    static Events decode(JournalRecord found) {
      Decoder source = new Decoder(found);
      Events events = new Events(source.text(), source.longNumber(), source.longNumber());
      source.end();
      return events;
    }

    NewRecord encode() {
      Encoder target = new Encoder().text(persistenceId).number(to).number(highest);
      return new NewRecord(RecordTypes.EVENTS_DELETED, target.finish());
    }
  }

  /**
   * Snapshots of an actor are forgotten.
   *
   * @param lsns the numbers of their records
   */
  record Snapshots(String persistenceId, List<Long> lsns) {
    static Snapshots decode(JournalRecord found) {
      Decoder source = new Decoder(found);
      String persistenceId = source.text();
      int count = source.number();
      List<Long> lsns = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        lsns.add(source.longNumber());
      }
      source.end();
      return new Snapshots(persistenceId, lsns);
    }

    NewRecord encode() {
      Encoder target = new Encoder().text(persistenceId).number(lsns.size());
      lsns.forEach(target::number);
      return new NewRecord(RecordTypes.SNAPSHOTS_DELETED, target.finish());
    }
  }

  private Deletions() {}
}
