package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * One order for all appends, and one flush for all that wait. Who finds nobody leading leads: takes
 * what has gathered, has it written, tells its owners, and when its own append is done hands over
 * to the caller that has waited longest. Only appends that nobody waits behind are led by the
 * executor.
 */
final class CommitQueue {
  /** More than this does not gather in one write, bytes; a larger append goes alone. */
  private static final long GATHERED = 1 << 20;

  private enum Lead {
    NOBODY,
    /** The executor was asked; a waiting caller may come first. */
    ASKED,
    SOMEBODY
  }

  private final Waits waits;
  private final Waits.WaitLock lock;
  private final Executor executor;
  private final BatchWriter writer;
  private final String name;
  private final Deque<PendingAppend> waiting = new ArrayDeque<>();
  private Lead lead = Lead.NOBODY;
  private volatile BlockException failure;
  private boolean closed;

  /** Nothing is taken for a while; under the lock, as is closed. */
  private boolean suspended;

  /**
   * An empty queue.
   *
   * @param name what the journal is called in messages
   */
  CommitQueue(String name, Waits waits, Executor executor, BatchWriter writer) {
    this.name = name;
    this.waits = waits;
    this.lock = waits.newLock();
    this.executor = executor;
    this.writer = writer;
  }

  /** Why the journal has failed; null while it has not. */
  BlockException failure() {
    return failure;
  }

  /** Appends and waits; the number of the last record. */
  long append(List<NewRecord> records) {
    PendingAppend entry = PendingAppend.waited(records, waits);
    boolean leads = enter(entry, false);
    while (leads) {
      serve(entry);
      handOver();
      leads = entry.awaitLead();
    }
    if (entry.failure() != null) {
      throw entry.failure();
    }
    return entry.lsn();
  }

  /** Appends without waiting. */
  void append(List<NewRecord> records, AppendListener listener) {
    PendingAppend entry = PendingAppend.heard(records, listener);
    boolean ask;
    lock.lock();
    try {
      requireUsable();
      waiting.add(entry);
      ask = lead == Lead.NOBODY;
      if (ask) {
        lead = Lead.ASKED;
      }
    } finally {
      lock.unlock();
    }
    if (ask) {
      askExecutor();
    }
  }

  /** Runs something while nobody appends, after the appends before it. */
  void alone(Runnable action) {
    alone(action, false);
  }

  private void alone(Runnable action, boolean closing) {
    PendingAppend entry = PendingAppend.alone(waits);
    boolean leads = enter(entry, closing);
    while (leads && !isNext(entry)) {
      serve(entry);
      if (!isNext(entry)) {
        handOver();
        leads = entry.awaitLead();
      }
    }
    if (!leads) {
      throw entry.failure();
    }
    try {
      action.run();
    } finally {
      remove(entry);
      handOver();
    }
  }

  /**
   * Refuses appends from now on and runs something when those before have ended. Idempotent; only
   * the first call waits.
   */
  void close(Runnable action) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    if (failure == null) {
      try {
        alone(action, true);
        return;
      } catch (BlockException e) {
        if (failure == null) {
          throw e;
        }
      }
    }
    action.run();
  }

  /**
   * Refuses appends for a while and runs something when those before have ended. If it fails, the
   * queue stays like that and wants to be closed.
   */
  void suspend(Runnable action) {
    lock.lock();
    try {
      requireUsable();
      suspended = true;
    } finally {
      lock.unlock();
    }
    alone(action, true);
  }

  /** Runs something short and takes appends again. */
  void resume(Runnable action) {
    lock.lock();
    try {
      requireOpen();
      action.run();
      suspended = false;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the journal for good, and all appends that wait. */
  void fail(Throwable reason) {
    List<PendingAppend> ended;
    lock.lock();
    try {
      if (failure == null) {
        failure = failed(reason);
      }
      ended = new ArrayList<>(waiting);
      waiting.clear();
    } finally {
      lock.unlock();
    }
    end(ended, 0, failure);
    tell(ended);
  }

  /** Whether it takes appends. */
  boolean isUsable() {
    lock.lock();
    try {
      return !closed && !suspended && failure == null;
    } finally {
      lock.unlock();
    }
  }

  private void requireUsable() {
    requireOpen();
    if (suspended) {
      throw new BlockException(ErrorCode.CLOSED, name + " is closed for a while");
    }
    requireUnfailed();
  }

  private void requireOpen() {
    if (closed) {
      throw new BlockException(ErrorCode.CLOSED, name + " was closed");
    }
  }

  private void requireUnfailed() {
    if (failure != null) {
      throw again(failure);
    }
  }

  /** A failure of its own for each, as each has a stack of its own. */
  private static BlockException again(BlockException first) {
    return new BlockException(first.code(), first.getMessage(), first);
  }

  private BlockException failed(Throwable reason) {
    ErrorCode code = reason instanceof BlockException known ? known.code() : ErrorCode.INTERNAL;
    if (code == ErrorCode.NO_SPACE) {
      code = ErrorCode.IO_ERROR; // NO_SPACE promises that nothing was written
    }
    return new BlockException(
        code,
        name
            + " has failed, and what it wrote last may or may not be on disk; open it again: "
            + reason.getMessage(),
        reason);
  }

  /** Joins the queue. Whether the caller leads; otherwise its entry is over. */
  private boolean enter(PendingAppend entry, boolean closing) {
    lock.lock();
    try {
      if (closing) {
        requireUnfailed();
      } else {
        requireUsable();
      }
      waiting.add(entry);
      if (lead != Lead.SOMEBODY) {
        lead = Lead.SOMEBODY;
        return true;
      }
    } finally {
      lock.unlock();
    }
    return entry.awaitLead();
  }

  private boolean isNext(PendingAppend entry) {
    lock.lock();
    try {
      return waiting.peek() == entry;
    } finally {
      lock.unlock();
    }
  }

  private void remove(PendingAppend entry) {
    lock.lock();
    try {
      waiting.remove(entry);
    } finally {
      lock.unlock();
    }
  }

  /** Writes batch after batch until its own entry is over or somebody must be alone. */
  private void serve(PendingAppend own) {
    List<PendingAppend> batch = gather();
    while (!batch.isEmpty()) {
      commit(batch);
      batch = own != null && own.isDone() ? List.of() : gather();
    }
  }

  private List<PendingAppend> gather() {
    List<PendingAppend> batch = new ArrayList<>();
    lock.lock();
    try {
      long size = 0;
      PendingAppend next = waiting.peek();
      while (next != null && !next.alone && (batch.isEmpty() || size + next.size <= GATHERED)) {
        batch.add(waiting.remove());
        size += next.size;
        next = waiting.peek();
      }
    } finally {
      lock.unlock();
    }
    return batch;
  }

  private void commit(List<PendingAppend> batch) {
    List<NewRecord> records = new ArrayList<>();
    int body = 0;
    for (PendingAppend entry : batch) {
      records.addAll(entry.records);
      body += entry.size;
    }
    BlockException refused = null;
    long last = 0;
    try {
      if (!records.isEmpty()) {
        writer.reserve(body);
        last = writer.commit(records);
      } else {
        last = writer.lastLsn();
      }
    } catch (RefusedException e) {
      refused = e;
    } catch (RuntimeException | Error e) {
      fail(e);
      refused = failure;
    }
    if (refused == null) {
      tellAtOnce(batch, last - records.size());
    }
    end(batch, last - records.size(), refused);
    tell(batch);
  }

  /** Before anybody wakes who waits for others of the batch. */
  private static void tellAtOnce(List<PendingAppend> batch, long lsnBefore) {
    long lsn = lsnBefore;
    for (PendingAppend entry : batch) {
      lsn += entry.records.size();
      if (entry.listener != null) {
        entry.listener.atOnce(lsn);
      }
    }
  }

  private static void end(List<PendingAppend> batch, long lsnBefore, BlockException refused) {
    long lsn = lsnBefore;
    for (PendingAppend entry : batch) {
      lsn += entry.records.size();
      entry.end(lsn, refused == null ? null : again(refused));
    }
  }

  private void tell(List<PendingAppend> batch) {
    for (PendingAppend entry : batch) {
      if (entry.listener != null) {
        execute(entry::tell);
      }
    }
  }

  private void handOver() {
    boolean ask = false;
    lock.lock();
    try {
      PendingAppend next = firstThatWaits();
      if (next != null) {
        next.lead();
      } else if (waiting.isEmpty()) {
        lead = Lead.NOBODY;
      } else {
        lead = Lead.ASKED;
        ask = true;
      }
    } finally {
      lock.unlock();
    }
    if (ask) {
      askExecutor();
    }
  }

  /** Also behind others: it is awake sooner than the executor has a thread for them. */
  private PendingAppend firstThatWaits() {
    for (PendingAppend entry : waiting) {
      if (entry.isAwaited()) {
        return entry;
      }
    }
    return null;
  }

  private void askExecutor() {
    execute(this::leadAsked);
  }

  /** An executor that takes nothing more must not leave anybody without an answer. */
  private void execute(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      task.run();
    }
  }

  private void leadAsked() {
    lock.lock();
    try {
      if (lead != Lead.ASKED) {
        return;
      }
      lead = Lead.SOMEBODY;
    } finally {
      lock.unlock();
    }
    serve(null);
    handOver();
  }
}
