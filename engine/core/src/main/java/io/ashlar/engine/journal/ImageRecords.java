package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.NewRecord;
import java.util.List;

/**
 * The journal of an image for records beside the history, while it is open. Thread-safe. Calls fail
 * with {@link io.ashlar.spi.BlockException} once the journal has failed or was closed; what was
 * written last may then be in it or not.
 */
public interface ImageRecords {
  /**
   * Appends records, all or none, and returns when they are durable, with the last one's number.
   */
  long append(List<NewRecord> records);

  /** Appends records, all or none, and tells when they are durable. */
  void append(List<NewRecord> records, AppendListener listener);

  /** The last durable record. */
  long lastLsn();

  /** The present epoch; grows with each opening of the file. */
  long epoch();

  /** Whose journal it is. */
  JournalIdentity identity();

  /**
   * The time of the image's file system, as far as the last changes of the image and the journal
   * tell: nanoseconds since 1970, or -1 when nobody can tell.
   */
  long fileTimeNanos();

  /** Bytes that the journal takes; a file that grew may be written anew. Waits for nothing. */
  void tidy();
}
