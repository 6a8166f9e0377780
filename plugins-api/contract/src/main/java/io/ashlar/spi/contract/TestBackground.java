package io.ashlar.spi.contract;

import io.ashlar.spi.Background;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tickets for a driver's own I/O that a test can drain, hold back and let go again. */
public final class TestBackground implements Background {
  private final Waits.WaitLock lock;
  private final Waits.WaitCondition changed;
  private int inside;
  private boolean quiesced;
  private boolean closed;

  TestBackground(Waits waits) {
    lock = waits.newLock();
    changed = lock.newCondition();
  }

  @Override
  public Ticket enter() {
    lock.lock();
    try {
      while (quiesced && !closed) {
        changed.await();
      }
      if (closed) {
        throw new BlockException(ErrorCode.CLOSED, "the node is being closed");
      }
      inside++;
    } finally {
      lock.unlock();
    }
    AtomicBoolean left = new AtomicBoolean();
    return () -> {
      if (left.compareAndSet(false, true)) {
        leave();
      }
    };
  }

  /** Admits nobody from now on and waits until all tickets are given back. */
  public void quiesce() {
    change(() -> quiesced = true, true);
  }

  /** Admits again. */
  public void resume() {
    change(() -> quiesced = false, false);
  }

  /** Refuses everybody from now on with CLOSED, those who wait too, and waits for the others. */
  public void close() {
    change(() -> closed = true, true);
  }

  /** The tickets that are out. */
  public int inside() {
    lock.lock();
    try {
      return inside;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    change(() -> inside--, false);
  }

  private void change(Runnable step, boolean untilEmpty) {
    lock.lock();
    try {
      step.run();
      changed.signalAll();
      while (untilEmpty && inside > 0) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }
}
