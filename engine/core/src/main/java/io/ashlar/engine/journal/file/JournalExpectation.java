package io.ashlar.engine.journal.file;

/**
 * What the opener knows of a journal from elsewhere, usually from the image's fence. A journal that
 * falls short of it is an old copy or has lost its end.
 *
 * @param identity whose journal it must be
 * @param leastEpoch the epoch it must have reached
 * @param leastLsn the record it must have reached
 */
public record JournalExpectation(JournalIdentity identity, long leastEpoch, long leastLsn) {
  /** Only the identity is known. */
  public static JournalExpectation of(JournalIdentity identity) {
    return new JournalExpectation(identity, 0, 0);
  }
}
