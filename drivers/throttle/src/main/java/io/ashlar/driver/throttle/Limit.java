package io.ashlar.driver.throttle;

/**
 * One limit of a group; QEMU's triple such as {@code bps-total}, {@code bps-total-max}, {@code
 * bps-total-max-length}.
 *
 * @param average units a second that are allowed for ever; 0 for no limit
 * @param burst units a second that are allowed for {@code burstSeconds}; 0 for no bursts
 * @param burstSeconds how long a burst may last, at least 1
 */
record Limit(long average, long burst, long burstSeconds) {
  /** No limit. */
  static final Limit NONE = new Limit(0, 0, 1);

  boolean limits() {
    return average > 0;
  }
}
