package io.ashlar.engine.journal.file;

/** Numbers of record types, each given away here so that no two users take the same one. */
public final class RecordTypes {
  /** The journal was opened for writing, and the epoch begins; content: the time, milliseconds. */
  public static final int OPENED = 1;

  /** Types below are the journal's own. */
  public static final int FIRST_FREE = 16;

  /** An event of a persistent actor. */
  public static final int EVENT = 16;

  /** Events of a persistent actor are forgotten up to a sequence number. */
  public static final int EVENTS_DELETED = 17;

  /** A snapshot of a persistent actor. */
  public static final int SNAPSHOT = 18;

  /** Snapshots of a persistent actor are forgotten. */
  public static final int SNAPSHOTS_DELETED = 19;

  /** The last type there can be. */
  public static final int LAST = 65_535;

  private RecordTypes() {}
}
