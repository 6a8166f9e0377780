package io.ashlar.engine.journal.akka;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import java.util.Optional;

/**
 * A snapshot of a persistent actor as it stands in a journal.
 *
 * @param persistenceId whose snapshot it is
 * @param sequenceNr the last event that it covers
 * @param timestamp when it was taken, milliseconds since 1970
 * @param state the actor's state
 * @param metadata what Akka's own modules add, if they did
 */
public record StoredSnapshot(
    String persistenceId,
    long sequenceNr,
    long timestamp,
    Serialized state,
    Optional<Serialized> metadata) {

  /**
   * Reads a record of type {@link RecordTypes#SNAPSHOT}.
   *
   * @throws io.ashlar.spi.BlockException JOURNAL_DAMAGED when it makes no sense
   */
  public static StoredSnapshot decode(JournalRecord found) {
    Decoder source = new Decoder(found);
    StoredSnapshot snapshot =
        new StoredSnapshot(
            source.text(),
            source.longNumber(),
            source.longNumber(),
            Serialized.decode(source),
            Serialized.decodeOptional(source));
    source.end();
    return snapshot;
  }

  NewRecord encode() {
    Encoder target = new Encoder().text(persistenceId).number(sequenceNr).number(timestamp);
    state.encode(target);
    Serialized.encodeOptional(metadata, target);
    return new NewRecord(RecordTypes.SNAPSHOT, target.finish());
  }
}
