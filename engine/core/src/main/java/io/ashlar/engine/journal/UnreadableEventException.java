package io.ashlar.engine.journal;

/** Bytes of a journal are no event that this engine knows. */
public final class UnreadableEventException extends RuntimeException {
  /** With what is wrong, a part of a sentence. */
  UnreadableEventException(String message) {
    super(message);
  }

  UnreadableEventException(String message, Throwable cause) {
    super(message, cause);
  }
}
