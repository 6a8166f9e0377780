package io.ashlar.spi;

/**
 * What a child is to its parent; it decides which permissions the edge takes and shares, as in
 * QEMU.
 */
public enum ChildKind {
  /** The parent's data and metadata live here; nobody else may write it. */
  STORAGE,
  /** The parent shows this child's content; permissions pass through. */
  FILTERED,
  /** Unallocated ranges read from here; opened read-only; QEMU's copy-on-write child. */
  BACKING,
  /** The parent writes copies here. */
  TARGET
}
