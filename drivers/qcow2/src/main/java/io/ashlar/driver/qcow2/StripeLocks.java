package io.ashlar.driver.qcow2;

import io.ashlar.spi.Waits;

/**
 * Locks of guest clusters for requests that change what a cluster maps to. Clusters share 64 locks;
 * a request takes those of its range in ascending order, so that two never wait for each other.
 */
final class StripeLocks {
  private static final int STRIPES = 64;

  private final Waits.WaitLock[] locks = new Waits.WaitLock[STRIPES];

  StripeLocks(Waits waits) {
    for (int i = 0; i < STRIPES; i++) {
      locks[i] = waits.newLock();
    }
  }

  /**
   * Takes the locks of a range of clusters.
   *
   * @return what {@link #unlock} needs
   */
  long lock(long firstCluster, long lastCluster) {
    long set = 0;
    long count = Math.min(STRIPES, lastCluster - firstCluster + 1);
    for (long i = 0; i < count; i++) {
      set |= 1L << ((firstCluster + i) & (STRIPES - 1));
    }
    for (long left = set; left != 0; left &= left - 1) {
      locks[Long.numberOfTrailingZeros(left)].lock();
    }
    return set;
  }

  /** Takes all locks. */
  long lockAll() {
    return lock(0, STRIPES - 1);
  }

  /** Gives the locks back. */
  void unlock(long set) {
    for (long left = set; left != 0; left &= left - 1) {
      locks[Long.numberOfTrailingZeros(left)].unlock();
    }
  }
}
