package io.ashlar.bench.compare;

/** The comparison cannot be made; the message says why, for a person. */
final class CompareException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CompareException(String message) {
    super(message);
  }

  CompareException(String message, Throwable cause) {
    super(message, cause);
  }
}
