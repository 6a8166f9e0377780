package io.ashlar.engine.journal.file;

import java.util.List;

/** What the leader of a {@link CommitQueue} does with what has gathered; one caller at a time. */
interface BatchWriter {
  /**
   * Finds room for a body of so many bytes.
   *
   * @throws RefusedException when there is no room; nothing has changed then, and the journal goes
   *     on
   * @throws io.ashlar.spi.BlockException which is the end of the journal
   */
  void reserve(int body);

  /**
   * Writes and makes durable. What it throws is the end of the journal.
   *
   * @return the number of the last record
   */
  long commit(List<NewRecord> records);

  /** The number of the last durable record. */
  long lastLsn();
}
