package io.ashlar.engine.journal;

/**
 * One bitmap as the journal knows it.
 *
 * @param granularity bytes per bit
 * @param enabled whether it records writes
 * @param inconsistent why its bits cannot be trusted; empty while they can
 * @param holder the job or export that holds it; empty for none
 * @param last what happened to it last, such as {@code cleared}
 * @param by who did that and when
 */
public record BitmapHistory(
    long granularity, boolean enabled, String inconsistent, String holder, String last, Stamp by) {

  BitmapHistory did(String what, Stamp stamp) {
    return new BitmapHistory(granularity, enabled, inconsistent, holder, what, stamp);
  }

  BitmapHistory withEnabled(boolean value) {
    return new BitmapHistory(granularity, value, inconsistent, holder, last, by);
  }

  BitmapHistory withHolder(String value) {
    return new BitmapHistory(granularity, enabled, inconsistent, value, last, by);
  }

  BitmapHistory withInconsistent(String why) {
    return new BitmapHistory(granularity, enabled, why, holder, last, by);
  }

  BitmapHistory asInImage(long newGranularity, boolean newEnabled) {
    return new BitmapHistory(newGranularity, newEnabled, inconsistent, holder, last, by);
  }
}
