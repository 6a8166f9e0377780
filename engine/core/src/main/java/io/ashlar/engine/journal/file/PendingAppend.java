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

  /** Where the caller waits; null when there is a listener instead. */
  final Waits.WaitCondition turn;

  /** Whether it is over; set after what follows. */
  volatile boolean done;

  /** The lead was handed to its caller. Guarded by the queue's lock, as is what follows. */
  boolean heir;

  long lsn;

  /** Null for success. */
  BlockException failure;

  private PendingAppend(
      List<NewRecord> records, boolean alone, AppendListener listener, Waits.WaitCondition turn) {
    this.records = List.copyOf(records);
    this.size = size(records);
    this.alone = alone;
    this.listener = listener;
    this.turn = turn;
  }

  static PendingAppend waited(List<NewRecord> records, Waits.WaitCondition turn) {
    return new PendingAppend(records, false, null, turn);
  }

  static PendingAppend heard(List<NewRecord> records, AppendListener listener) {
    return new PendingAppend(records, false, listener, null);
  }

  static PendingAppend alone(Waits.WaitCondition turn) {
    return new PendingAppend(List.of(), true, null, turn);
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

  void tell() {
    if (failure == null) {
      listener.durable(lsn);
    } else {
      listener.failed(failure);
    }
  }
}
