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

  /**
   * From here on it is the journal of another image too, which named it: a copy of the one that it
   * was begun for. Content: that image's UUID, 16 bytes.
   */
  public static final int ADOPTED = 24;

  /** Regions became hot: bits in them may be set. */
  public static final int HEAT = 32;

  /** A part of the exact bits of an image's bitmaps. */
  public static final int CAPTURE_PART = 33;

  /** The parts before it make a capture. */
  public static final int CAPTURE_END = 34;

  /** The image's fence is about to get another nonce. */
  public static final int NONCE = 35;

  /** The time of the image's file system, and that the image is still in use. */
  public static final int BEAT = 36;

  /** The last type there can be. */
  public static final int LAST = 65_535;

  private RecordTypes() {}
}
