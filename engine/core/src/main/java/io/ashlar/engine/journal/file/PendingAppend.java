package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import java.util.List;

/** An append that waits in a {@link CommitQueue}, or the wish to be alone there. */
final class PendingAppend {
  final List<NewRecord> records;

  /** Bytes of the records in a frame. */
  final int size;

  final boolean alone;

  /** Null when a caller waits. */
  final AppendListener listener;

  /** Its caller's own, so that those who wake together do not wait for each other. */
  private final Waits.WaitLock lock;

  /** Where the caller waits; null when there is a listener instead, as is the lock. */
  private final Waits.WaitCondition turn;

  /** The lead was handed to its caller; under the lock. */
  private boolean heir;

  /** Whether it is over. */
  private volatile boolean done;

  // Of one that is over.
  private long lsn;
  private BlockException failure;

  private PendingAppend(
      List<NewRecord> records, boolean alone, AppendListener listener, Waits waits) {
    this.records = List.copyOf(records);
    this.size = size(records);
    this.alone = alone;
    this.listener = listener;
    this.lock = waits == null ? null : waits.newLock();
    this.turn = lock == null ? null : lock.newCondition();
  }

  static PendingAppend waited(List<NewRecord> records, Waits waits) {
    return new PendingAppend(records, false, null, waits);
  }

  static PendingAppend heard(List<NewRecord> records, AppendListener listener) {
    return new PendingAppend(records, false, listener, null);
  }

  static PendingAppend alone(Waits waits) {
    return new PendingAppend(List.of(), true, null, waits);
  }

  private static int size(List<NewRecord> records) {
    long size = 0;
    for (NewRecord added : records) {
      size += Layout.RECORD_HEADER + added.size();
    }
    if (size > Layout.LONGEST_BODY) {
      throw new BlockException(
          ErrorCode.LIMIT_EXCEEDED,
          "an append of %d bytes is more than the %d that a journal takes at once"
              .formatted(size, Layout.LONGEST_BODY));
    }
    return (int) size;
  }

  /** Whether a caller waits for it. */
  boolean isAwaited() {
    return turn != null;
  }

  boolean isDone() {
    return done;
  }

  /** Its last record; once it is done. */
  long lsn() {
    return lsn;
  }

  /** Why it failed, null if it did not; once it is done. */
  BlockException failure() {
    return failure;
  }

  /** Waits until it is over, or the lead was handed to it; true for the lead. */
  boolean awaitLead() {
    if (done) {
      return false;
    }
    lock.lock();
    try {
      while (!done && !heir) {
        turn.await();
      }
      heir = false;
      return !done;
    } finally {
      lock.unlock();
    }
  }

  /** Hands the lead to its caller. */
  void lead() {
    lock.lock();
    try {
      heir = true;
      turn.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * It is over.
   *
   * @param last its last record
   * @param reason why it failed, null if it did not
   */
  void end(long last, BlockException reason) {
    lsn = last;
    failure = reason;
    if (turn == null) {
      done = true;
      return;
    }
    lock.lock();
    try {
      done = true;
      turn.signal();
    } finally {
      lock.unlock();
    }
  }

  void tell() {
    if (failure == null) {
      listener.durable(lsn);
    } else {
      listener.failed(failure);
    }
  }
}
