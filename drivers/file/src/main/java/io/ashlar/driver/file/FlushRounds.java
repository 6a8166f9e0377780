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
 */
final class FlushRounds {
  private final Waits.WaitLock lock;
  private final Waits.WaitCondition ended;
  private long asked;
  private long covered;
  private long failures;
  private BlockException failure;
  private boolean running;

  FlushRounds(Waits waits) {
    this.lock = waits.newLock();
    this.ended = lock.newCondition();
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
    long covers = asked;
    BlockException failed = null;
    lock.unlock();
    try {
      data.flush();
    } catch (BlockException e) {
      failed = e;
    } finally {
      lock.lock();
      running = false;
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
