package io.ashlar.spi;

/**
 * The level of this interface. It rises by one with each release that adds to the interface; a
 * driver states the level it was compiled against, and an engine refuses, by name, levels it does
 * not serve any more.
 */
public final class SpiLevel {
  /** The level of this version. */
  public static final int CURRENT = 1;

  /** The oldest level that this version still serves. */
  public static final int OLDEST_SERVED = 1;

  private SpiLevel() {}
}
