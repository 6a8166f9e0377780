package io.ashlar.spi;

/**
 * Keeps requests that read in order to write apart from the others on one node. Locks are held by
 * threads; a holder's nested requests on the same thread do not lock again. Ranges are widened to
 * the granule and taken in ascending order; of two nodes, the upper one's lock is taken first.
 */
public interface RangeLock {
  /** Waits until no exclusive holder overlaps. */
  Held shared(long offset, long length);

  /** Waits until no other holder overlaps. */
  Held exclusive(long offset, long length);

  /** A lock that is held; close it on the same thread. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }
}
