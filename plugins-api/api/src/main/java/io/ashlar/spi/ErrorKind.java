package io.ashlar.spi;

/** Whose turn it is to act on an error. */
public enum ErrorKind {
  /**
   * The request was wrong: a bad option, an unknown name, a conflict with what is already there.
   */
  USER,
  /** The image's content is damaged, hostile or of a kind that is not understood. */
  IMAGE,
  /** The storage below failed or is full. */
  STORAGE,
  /** A driver or the engine broke its own rules. */
  INTERNAL
}
