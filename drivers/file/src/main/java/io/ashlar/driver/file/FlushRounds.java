package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.Waits;

/**
 * Flushes of one file, one at a time; those that come while one runs share the next. The kernel
 * tells a lost write to one fdatasync only, and drops the data. So a failure is told to
 * <em>every</em> flush that was called before the failure was known, whichever round found it. A
 * flush called afterwards says what became of the writes since: a caller that wants the earlier
 * ones durable writes them again first, and one that serves several users passes the failure on to
 * each.
 *
 * <p>Where nothing was changed since the last good flush through the same descriptor, there is
 * nothing to do: each layer above flushes for reasons of its own, one behind the other.
 */
final class FlushRounds {
  private final Waits.WaitLock lock;
  private final Waits.WaitCondition ended;
  private long asked;
  private long covered;
  private long failures;
  private BlockException failure;
  private boolean running;

  /**
   * Of the last good flush; what was on its way before this node had a descriptor, nobody knows.
   */
  private FileHandle flushed;

  /**
   * Set when a change has ended and before that is told; cleared before a flush begins, which so
   * covers whoever found it set.
   */
  private volatile boolean changed = true;

  FlushRounds(Waits waits) {
    this.lock = waits.newLock();
    this.ended = lock.newCondition();
  }

  /** Something was written, freed or cut off, or may have been; call it before that is told. */
  void changed() {
    if (!changed) {
      changed = true;
    }
  }

  /** Returns when a flush that began after this call has ended well. */
  void flush(FileHandle data) {
    lock.lock();
    try {
      long mine = ++asked;
      long known = failures;
      while (covered < mine) {
        if (running) {
          ended.await();
        } else if (!changed && flushed == data) {
          return;
        } else {
          runRound(data);
        }
        if (failures != known) {
          throw new BlockException(failure.code(), failure.getMessage(), failure);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void runRound(FileHandle data) {
    running = true;
    changed = false;
    flushed = null;
    long covers = asked;
    BlockException failed = null;
    boolean good = false;
    lock.unlock();
    try {
      data.flush();
      good = true;
    } catch (BlockException e) {
      failed = e;
    } finally {
      lock.lock();
      running = false;
      flushed = good ? data : null;
      ended.signalAll();
    }
    if (failed == null) {
      covered = Math.max(covered, covers);
    } else {
      failure = failed;
      failures++;
    }
  }
}
