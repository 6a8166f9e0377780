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
 * to the one that has waited longest. Appends that nobody waits for are led by the executor, unless
 * a waiting caller comes first.
 */
final class CommitQueue {
  /** More than this does not gather in one write, bytes; a larger append goes alone. */
  private static final long GATHERED = 1 << 20;

  /** What the leader does. */
  interface Writer {
    /**
     * Finds room for a body of so many bytes.
     *
     * @throws Refusal when there is no room; nothing has changed then, and the journal goes on
     * @throws BlockException which is the end of the journal
     */
    void reserve(int body);

    /**
     * Writes and makes durable. What it throws is the end of the journal.
     *
     * @return the number of the last record
     */
    long commit(List<NewRecord> records);

    /** The number of the last durable record. */
    long lastLsn();
  }

  private enum Lead {
    NOBODY,
    /** The executor was asked; a waiting caller may come first. */
    ASKED,
    SOMEBODY
  }

  private final Waits.WaitLock lock;
  private final Executor executor;
  private final Writer writer;
  private final String name;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private Lead lead = Lead.NOBODY;
  private volatile BlockException failure;
  private boolean closed;

  /**
   * An empty queue.
   *
   * @param name what the journal is called in messages
   */
  CommitQueue(String name, Waits waits, Executor executor, Writer writer) {
    this.name = name;
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
    Entry entry = Entry.waited(records, lock.newCondition());
    boolean leads = enter(entry, false);
    while (leads) {
      serve(entry);
      handOver();
      leads = awaitLead(entry);
    }
    if (entry.failure != null) {
      throw entry.failure;
    }
    return entry.lsn;
  }

  /** Appends without waiting. */
  void append(List<NewRecord> records, AppendListener listener) {
    Entry entry = Entry.heard(records, listener);
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
    Entry entry = Entry.alone(lock.newCondition());
    boolean leads = enter(entry, closing);
    while (leads && !isNext(entry)) {
      serve(entry);
      if (!isNext(entry)) {
        handOver();
        leads = awaitLead(entry);
      }
    }
    if (!leads) {
      throw entry.failure;
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

  /** Ends the journal for good, and all appends that wait. */
  void fail(Throwable reason) {
    List<Entry> ended;
    lock.lock();
    try {
      if (failure == null) {
        failure = failed(reason);
      }
      ended = new ArrayList<>(waiting);
      waiting.clear();
      end(ended, 0, failure);
    } finally {
      lock.unlock();
    }
    tell(ended);
  }

  private void requireUsable() {
    if (closed) {
      throw new BlockException(ErrorCode.CLOSED, name + " was closed");
    }
    requireUnfailed();
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
    return new BlockException(
        code,
        name
            + " has failed, and what it wrote last may or may not be on disk; open it again: "
            + reason.getMessage(),
        reason);
  }

  /** Joins the queue. Whether the caller leads; otherwise its entry is over. */
  private boolean enter(Entry entry, boolean closing) {
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
      return waits(entry);
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitLead(Entry entry) {
    lock.lock();
    try {
      return waits(entry);
    } finally {
      lock.unlock();
    }
  }

  private boolean waits(Entry entry) {
    while (!entry.done && !entry.heir) {
      entry.turn.await();
    }
    entry.heir = false;
    return !entry.done;
  }

  private boolean isNext(Entry entry) {
    lock.lock();
    try {
      return waiting.peek() == entry;
    } finally {
      lock.unlock();
    }
  }

  private void remove(Entry entry) {
    lock.lock();
    try {
      waiting.remove(entry);
    } finally {
      lock.unlock();
    }
  }

  /** Writes batch after batch until its own entry is over or somebody must be alone. */
  private void serve(Entry own) {
    List<Entry> batch = gather();
    while (!batch.isEmpty()) {
      commit(batch);
      batch = own != null && own.done ? List.of() : gather();
    }
  }

  private List<Entry> gather() {
    List<Entry> batch = new ArrayList<>();
    lock.lock();
    try {
      long size = 0;
      Entry next = waiting.peek();
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

  private void commit(List<Entry> batch) {
    List<NewRecord> records = new ArrayList<>();
    int body = 0;
    for (Entry entry : batch) {
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
    } catch (Refusal e) {
      refused = e;
    } catch (RuntimeException | Error e) {
      fail(e);
      refused = failure;
    }
    lock.lock();
    try {
      end(batch, last - records.size(), refused);
    } finally {
      lock.unlock();
    }
    tell(batch);
  }

  private static void end(List<Entry> batch, long lsnBefore, BlockException refused) {
    long lsn = lsnBefore;
    for (Entry entry : batch) {
      lsn += entry.records.size();
      entry.lsn = lsn;
      entry.failure = refused == null ? null : again(refused);
      entry.done = true;
      if (entry.turn != null) {
        entry.turn.signal();
      }
    }
  }

  private void tell(List<Entry> batch) {
    for (Entry entry : batch) {
      if (entry.listener != null) {
        execute(entry::tell);
      }
    }
  }

  private void handOver() {
    boolean ask = false;
    lock.lock();
    try {
      Entry next = waiting.peek();
      if (next == null) {
        lead = Lead.NOBODY;
      } else if (next.turn != null) {
        next.heir = true;
        next.turn.signal();
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

  /** Thrown where an append is refused and the journal goes on. */
  static final class Refusal extends BlockException {
    private static final long serialVersionUID = 1L;

    Refusal(ErrorCode code, String message, Throwable cause) {
      super(code, message, cause);
    }
  }

  /** An append, or the wish to be alone. Everything that changes is guarded by the lock. */
  private static final class Entry {
    private final List<NewRecord> records;
    private final int size;
    private final boolean alone;
    private final AppendListener listener;
    private final Waits.WaitCondition turn;
    private volatile boolean done;
    private boolean heir;
    private long lsn;
    private BlockException failure;

    private Entry(
        List<NewRecord> records, boolean alone, AppendListener listener, Waits.WaitCondition turn) {
      this.records = List.copyOf(records);
      this.size = size(records);
      this.alone = alone;
      this.listener = listener;
      this.turn = turn;
    }

    static Entry waited(List<NewRecord> records, Waits.WaitCondition turn) {
      return new Entry(records, false, null, turn);
    }

    static Entry heard(List<NewRecord> records, AppendListener listener) {
      return new Entry(records, false, listener, null);
    }

    static Entry alone(Waits.WaitCondition turn) {
      return new Entry(List.of(), true, null, turn);
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
}
