package io.ashlar.engine.crash;

/**
 * Which operations of the disk fail, reads never.
 *
 * @param oneIn one time in so many, by chance; 0 for never
 * @param at the one with this number, from 1; 0 for none
 */
record Trouble(int oneIn, int at) {
  /** None. */
  static final Trouble NONE = new Trouble(0, 0);

  /** By chance. */
  static Trouble oneIn(int number) {
    return new Trouble(number, 0);
  }

  /** One of them. */
  static Trouble at(int number) {
    return new Trouble(0, number);
  }

  boolean any() {
    return oneIn > 0 || at > 0;
  }
}
