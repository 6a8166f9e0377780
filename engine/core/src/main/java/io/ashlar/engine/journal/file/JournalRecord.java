package io.ashlar.engine.journal.file;

import java.nio.ByteBuffer;

/**
 * One record as it stands in the journal.
 *
 * @param lsn its number: 1 for the first of a journal, one more for each that follows, never reused
 * @param epoch the opening under which it was written: 1 when the journal was begun, one more each
 *     time somebody opened it for writing
 * @param type what it is, 0 to 65,535; see {@link RecordTypes}
 * @param payload its content, read-only, the whole buffer
 */
public record JournalRecord(long lsn, long epoch, int type, ByteBuffer payload) {
  /** A record; the buffer is shared and not copied. */
  public JournalRecord {
    payload = payload.slice().asReadOnlyBuffer();
  }

  /** A view of the content whose position nobody else moves. */
  @Override
  public ByteBuffer payload() {
    return payload.duplicate();
  }
}
