package io.ashlar.driver.qcow2;

import java.util.Arrays;

/**
 * Host clusters that lost a reference, on their way to being free (protocols 7): <i>removed</i>
 * until the removal is durable, then <i>durable</i>, then <i>leaving</i> until every request that
 * was in flight at that moment has left. Only then does the refcount fall. Every call needs the
 * allocator's lock.
 */
final class Quarantine {
  /** Set in an element when the freed cluster is to be given back to the file system. */
  static final long PUNCH = 1L << 63;

  /** A growing list of cluster indexes with flags. */
  static final class Batch {
    private long[] clusters = new long[8];
    private int size;

    void add(long cluster) {
      if (size == clusters.length) {
        clusters = Arrays.copyOf(clusters, size * 2);
      }
      clusters[size++] = cluster;
    }

    void addAll(Batch other) {
      for (int i = 0; i < other.size; i++) {
        add(other.clusters[i]);
      }
    }

    long get(int i) {
      return clusters[i];
    }

    int size() {
      return size;
    }
  }

  private final InFlight inFlight;
  private Batch removed = new Batch();
  private Batch inRound = new Batch();
  private Batch durable = new Batch();
  private Batch leaving = new Batch();
  private int endedPhase;

  Quarantine(InFlight inFlight) {
    this.inFlight = inFlight;
  }

  /** A reference to a cluster was removed in memory. */
  void add(long cluster, boolean punch) {
    removed.add(punch ? cluster | PUNCH : cluster);
  }

  /** A cluster whose removal is durable already. */
  void addDurable(long cluster, boolean punch) {
    durable.add(punch ? cluster | PUNCH : cluster);
  }

  /** Takes the removals that the round which now begins makes durable. */
  Batch beginRound() {
    inRound = removed;
    removed = new Batch();
    return inRound;
  }

  /** Ends a round. */
  void endRound(Batch taken, boolean succeeded) {
    inRound = new Batch();
    (succeeded ? durable : removed).addAll(taken);
  }

  /** Whether nothing is in here, nor with a round that runs. */
  boolean isEmpty() {
    return removed.size + inRound.size + durable.size + leaving.size == 0;
  }

  /** The clusters that are free of all references and requests now, or {@code null}. */
  Batch release() {
    if (leaving.size == 0) {
      if (durable.size == 0) {
        return null;
      }
      leaving = durable;
      durable = new Batch();
      endedPhase = inFlight.flip();
    }
    if (!inFlight.empty(endedPhase)) {
      return null;
    }
    Batch free = leaving;
    leaving = new Batch();
    return free;
  }
}
