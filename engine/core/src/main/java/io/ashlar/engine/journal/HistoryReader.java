package io.ashlar.engine.journal;

import io.ashlar.engine.api.ImageHistory;
import io.ashlar.engine.journal.akka.Serialized;
import io.ashlar.engine.journal.akka.StoredEvent;
import io.ashlar.engine.journal.akka.StoredSnapshot;
import io.ashlar.engine.journal.file.JournalReader;
import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads the history of an image out of its journal, which may be in use at this moment or damaged.
 * Changes nothing and takes no lock.
 */
public final class HistoryReader {
  private final SortedMap<Long, LifecycleEvent> events = new TreeMap<>();
  private JournalState snapshot = JournalState.EMPTY;
  private long covered;

  private HistoryReader() {}

  /**
   * Reads a journal.
   *
   * @param journal the file
   * @throws BlockException when there is nothing to be read, FILE_NOT_FOUND among others; damage
   *     further on is part of the answer
   */
  public static ImageHistory read(FileIo files, Path journal) {
    HistoryReader reader = new HistoryReader();
    BlockException damage = null;
    JournalReader.identity(files, journal);
    try {
      JournalReader.read(files, journal, reader::record);
    } catch (BlockException e) {
      if (e.code() != ErrorCode.JOURNAL_DAMAGED) {
        throw e;
      }
      damage = e;
    }
    JournalState state = reader.state();
    List<ImageHistory.Entry> entries = new ArrayList<>();
    state.history().events().forEach(event -> Entries.of(event, entries));
    state.open().values().forEach(intent -> Entries.unfinished(intent, entries));
    return new ImageHistory(
        journal, entries, state.history().dropped(), Optional.ofNullable(damage));
  }

  private JournalState state() {
    JournalState state = snapshot;
    for (LifecycleEvent event : events.tailMap(covered + 1).values()) {
      state = state.after(event);
    }
    return state;
  }

  private void record(JournalRecord found) {
    try {
      switch (found.type()) {
        case RecordTypes.EVENT -> {
          StoredEvent stored = StoredEvent.decode(found);
          if (isOurs(stored.event())) {
            events.put(stored.sequenceNr(), event(stored.event()));
          }
        }
        case RecordTypes.SNAPSHOT -> {
          StoredSnapshot stored = StoredSnapshot.decode(found);
          if (isOurs(stored.state()) && stored.sequenceNr() >= covered) {
            snapshot = state(stored.state());
            covered = stored.sequenceNr();
          }
        }
        default -> {} // the journal's own records, and those of others
      }
    } catch (UnreadableEventException e) {
      throw new BlockException(
          ErrorCode.JOURNAL_DAMAGED, "record " + found.lsn() + ": " + e.getMessage(), e);
    }
  }

  private static boolean isOurs(Serialized stored) {
    return stored.serializer() == LifecycleSerializer.IDENTIFIER;
  }

  private static LifecycleEvent event(Serialized stored) {
    return EventCodec.decode(stored.manifest(), ByteBuffer.wrap(stored.bytes()));
  }

  private static JournalState state(Serialized stored) {
    return StateCodec.decode(stored.manifest(), ByteBuffer.wrap(stored.bytes()));
  }
}
