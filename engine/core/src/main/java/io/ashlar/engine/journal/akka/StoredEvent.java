package io.ashlar.engine.journal.akka;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import java.util.Optional;

/**
 * An event of a persistent actor as it stands in a journal.
 *
 * @param persistenceId whose event it is
 * @param sequenceNr its place among the events of that actor
 * @param timestamp when it was written, milliseconds since 1970
 * @param writer the life of the actor that wrote it
 * @param adapterManifest what an event adapter noted; empty without one
 * @param event the event
 * @param metadata what Akka's own modules add, if they did
 */
public record StoredEvent(
    String persistenceId,
    long sequenceNr,
    long timestamp,
    String writer,
    String adapterManifest,
    Serialized event,
    Optional<Serialized> metadata) {

  /**
   * Reads a record of type {@link RecordTypes#EVENT}.
   *
   * @throws io.ashlar.spi.BlockException JOURNAL_DAMAGED when it makes no sense
   */
  public static StoredEvent decode(JournalRecord found) {
    Decoder source = new Decoder(found);
    StoredEvent event =
        new StoredEvent(
            source.text(),
            source.longNumber(),
            source.longNumber(),
            source.text(),
            source.text(),
            Serialized.decode(source),
            Serialized.decodeOptional(source));
    source.end();
    return event;
  }

  NewRecord encode() {
    Encoder target =
        new Encoder()
            .text(persistenceId)
            .number(sequenceNr)
            .number(timestamp)
            .text(writer)
            .text(adapterManifest);
    event.encode(target);
    Serialized.encodeOptional(metadata, target);
    return new NewRecord(RecordTypes.EVENT, target.finish());
  }
}
