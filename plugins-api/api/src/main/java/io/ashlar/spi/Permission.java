package io.ashlar.spi;

/**
 * What a user of a node does with it, and lets others do; QEMU's block permissions, in the order of
 * its lock bytes.
 */
public enum Permission {
  /** Reads, and relies on what it read staying so. */
  CONSISTENT_READ,
  /** Changes the visible content. */
  WRITE,
  /** Writes what is already visible. */
  WRITE_UNCHANGED,
  /** Changes the length. */
  RESIZE;

  /** The bit of this permission in a mask. */
  public int bit() {
    return 1 << ordinal();
  }
}
