package io.ashlar.spi;

/**
 * Whether writes of plain zero bytes become zero requests; QEMU's {@code detect-zeroes}. The engine
 * does it.
 */
public enum DetectZeroes {
  OFF,
  ON,
  UNMAP
}
