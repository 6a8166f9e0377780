package io.ashlar.engine.bitmap.bits;

/** Marks the stored bitmaps of a node as out of date. */
@FunctionalInterface
public interface Armer {
  /**
   * Sets IN_USE durably in all stored bitmaps of the node. Called by a writer, by one at a time,
   * without a lock held; idempotent.
   *
   * @throws io.ashlar.spi.BlockException the writes that waited for it fail; the next one tries
   *     again
   */
  void arm();

  /** For a node that stores no bitmaps. */
  Armer NONE = () -> {};
}
