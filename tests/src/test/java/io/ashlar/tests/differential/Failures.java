package io.ashlar.tests.differential;

import io.ashlar.spi.BlockException;

/** Exceptions as one readable text. */
final class Failures {
  private static final int FRAMES = 12;

  private Failures() {}

  /** Messages of the whole chain and the top frames of the innermost. */
  static String text(Throwable failure) {
    StringBuilder text = new StringBuilder();
    Throwable last = failure;
    for (Throwable at = failure; at != null; at = at.getCause()) {
      text.append(text.length() == 0 ? "" : "\n  caused by ").append(at.getClass().getSimpleName());
      if (at instanceof BlockException known) {
        text.append(' ').append(known.code());
      }
      text.append(": ").append(at.getMessage());
      last = at;
    }
    StackTraceElement[] frames = last.getStackTrace();
    for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
      text.append("\n    at ").append(frames[i]);
    }
    return text.toString();
  }
}
