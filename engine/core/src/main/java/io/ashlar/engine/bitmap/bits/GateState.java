package io.ashlar.engine.bitmap.bits;

/** What stands between a write and the stored bitmaps of its node. */
public enum GateState {
  /** Stored bitmaps are marked IN_USE, or there are none: writes pass. */
  ARMED,
  /** A writer is arming; the others wait for its result. */
  ARMING,
  /** Bitmaps are being stored; writes wait. */
  SEALING,
  /** Stored bitmaps may be valid: the next write arms first. */
  SEALED,
  /** Every write fails. */
  FAILED
}
