package io.ashlar.engine.journal.file;

/**
 * Decides at a compaction what of the journal is still wanted. Every record is seen once before the
 * first one is asked for.
 */
public interface Retention {
  /** Sees a record; in order, all of them, before {@link #keeps} is asked. */
  default void sees(JournalRecord found) {}

  /** Whether the record stays. Asked once for every record, in order. */
  boolean keeps(JournalRecord found);
}
