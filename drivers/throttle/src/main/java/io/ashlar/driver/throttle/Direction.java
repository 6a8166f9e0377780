package io.ashlar.driver.throttle;

/** Which limits a request counts against, beside the totals. */
enum Direction {
  /** Reads. */
  READ,
  /** Everything that changes content: writes, zeroes, discards. */
  WRITE
}
