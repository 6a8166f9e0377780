package io.ashlar.spi;

/** How much space a growing node takes at once; QEMU's {@code PreallocMode}. */
public enum Preallocation {
  OFF,
  METADATA,
  FALLOC,
  FULL
}
