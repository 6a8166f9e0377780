package io.ashlar.spi.contract;

import io.ashlar.spi.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLongArray;

/** The operations that reached a {@link MemoryNode}: always counted, listed when asked. */
public final class OperationLog {
  /**
   * One operation.
   *
   * @param operation its kind
   * @param offset bytes; the new length for TRUNCATE
   * @param length bytes
   * @param flags as given
   */
  public record Entry(Operation operation, long offset, long length, int flags) {}

  private final AtomicLongArray counts = new AtomicLongArray(Operation.values().length);
  private final ConcurrentLinkedQueue<Entry> entries = new ConcurrentLinkedQueue<>();
  private volatile boolean listing;

  /** How many operations of a kind came. */
  public long count(Operation operation) {
    return counts.get(operation.ordinal());
  }

  /** How many operations came that may change content or length; flushes do not count. */
  public long changes() {
    return count(Operation.WRITE)
        + count(Operation.WRITE_ZEROES)
        + count(Operation.DISCARD)
        + count(Operation.TRUNCATE);
  }

  /** Lists operations from now on; what was listed before is forgotten. */
  public void start() {
    entries.clear();
    listing = true;
  }

  /** The operations since {@link #start}, in order of arrival. */
  public List<Entry> entries() {
    return new ArrayList<>(entries);
  }

  /** Sets all counts to zero and forgets the list. */
  public void reset() {
    for (int i = 0; i < counts.length(); i++) {
      counts.set(i, 0);
    }
    entries.clear();
  }

  void add(Operation operation, long offset, long length, int flags) {
    counts.incrementAndGet(operation.ordinal());
    if (listing) {
      entries.add(new Entry(operation, offset, length, flags));
    }
  }
}
