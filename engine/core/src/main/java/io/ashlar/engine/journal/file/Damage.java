package io.ashlar.engine.journal.file;

/** What is wrong with a journal that is not used. */
public enum Damage {
  /** The first block is no journal's, or its checksum does not hold. */
  HEADER,
  /** A newer version of the format. */
  VERSION,
  /** Another image's journal, or another life of this one's. */
  IDENTITY,
  /** The file is shorter than it was when records in it were written. */
  CUT,
  /** Something unreadable stands where good content follows. */
  GAP,
  /** A frame does not follow the one before it. */
  CHAIN,
  /** Record numbers leave something out or go back. */
  LSN,
  /** The epoch goes back, or begins without saying so. */
  EPOCH,
  /** A length that no frame or record can have. */
  LENGTH,
  /** A frame whose checksum holds and whose content makes no sense. */
  CONTENT,
  /** It ends before the epoch or record that the image has seen. */
  OLD
}
