package io.ashlar.driver.qcow2;

import java.util.BitSet;

/**
 * Which tables a walk has been through. A table of a sound image has one user; a hostile image lets
 * many entries point to one table, to make a walk endless. Twice is enough to count what is wrong.
 */
final class Visited {
  /** Beyond this many clusters only memory would be spent: such a file is sparse. */
  private static final long MOST = 1L << 28;

  private final BitSet once = new BitSet();
  private final BitSet twice = new BitSet();

  /** Whether the table at a cluster is to be walked: true the first two times. */
  boolean enter(long cluster) {
    int at = (int) (cluster % MOST);
    if (twice.get(at)) {
      return false;
    }
    if (once.get(at)) {
      twice.set(at);
    }
    once.set(at);
    return true;
  }
}
