package io.ashlar.spi;

/** What the caller said about a child. */
public enum ChildPresence {
  /** A node is given. */
  GIVEN,
  /** The caller wants none: {@code backing = null}. */
  DETACHED,
  /** The caller said nothing. */
  ABSENT
}
