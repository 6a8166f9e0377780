package io.ashlar.engine.admission;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Admits requests and counts them. A request enters before its first I/O and leaves after its last;
 * whoever changes the graph closes the gate, which returns once nothing is in flight, and opens it
 * again.
 *
 * <p>Enter: count in the own stripe, then read the gate. Close: shut the gate, then see each stripe
 * at zero. Both orders are volatile, so one of the two sides sees the other. A sum over stripes is
 * never used: it can read zero with a request in flight.
 *
 * <p>A graph change is published by {@link #open}: what was written before it by plain writes is
 * seen by every enter that follows.
 *
 * <p>A ticket is a number, so that entering allocates nothing. It holds one count, the stripe, and
 * a mark of the thread that entered. Stripes add up whole tickets; so when all others have left,
 * the one who closes recognises tickets of its own and gets an error instead of waiting for itself.
 */
public final class StripedGate {
  /** No ticket: what {@link #tryEnter} returns when the gate is closed. */
  public static final long NO_TICKET = 0;

  /** Waits without a limit. */
  public static final long FOR_EVER = Long.MAX_VALUE;

  private static final int STRIPE_BITS = 5;
  private static final int STRIPES = 1 << STRIPE_BITS;
  // Cache lines are fetched in pairs: 128 bytes apart.
  private static final int PAD_SHIFT = 4;
  private static final int COUNT_BITS = 20;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int MARK_SHIFT = COUNT_BITS + STRIPE_BITS;
  private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final int FAILED = 1 << 30;

  private final String name;
  private final AtomicLongArray stripes = new AtomicLongArray((STRIPES + 1) << PAD_SHIFT);
  private final WaitLock lock;
  private final WaitCondition opened;
  private final WaitCondition drained;

  /** 0 is open; otherwise closes not yet opened, plus FAILED. Written under the lock. */
  private volatile int gate;

  private BlockException failure;

  /**
   * An open gate.
   *
   * @param name what it belongs to, for messages, such as {@code device 'drive0'}
   */
  public StripedGate(String name, Waits waits) {
    this.name = name;
    lock = waits.newLock();
    opened = lock.newCondition();
    drained = lock.newCondition();
  }

  /**
   * Enters; waits while the gate is closed.
   *
   * @return the ticket for {@link #leave}, never {@link #NO_TICKET}
   * @throws BlockException with the code given to {@link #fail}
   */
  public long enter() {
    return enterAs(ofCaller());
  }

  /**
   * Enters for a request that another thread may end. Its ticket does not count as held by the
   * caller, who may close the gate meanwhile.
   */
  public long enterDetached() {
    return enterAs(detached(ofCaller()));
  }

  /**
   * Enters without waiting.
   *
   * @return the ticket, or {@link #NO_TICKET} while the gate is closed
   * @throws BlockException with the code given to {@link #fail}
   */
  public long tryEnter() {
    return tryEnterAs(ofCaller());
  }

  /** {@link #tryEnter} for a request that another thread may end. */
  public long tryEnterDetached() {
    return tryEnterAs(detached(ofCaller()));
  }

  /** Gives a ticket back, on any thread; exactly once. */
  public void leave(long ticket) {
    stripes.getAndAdd(cell(ticket), -ticket);
    if (gate != 0) {
      wakeClosers();
    }
  }

  /**
   * Waits until the gate is open, without entering; it may be closed again on return.
   *
   * @return whether it was open within that time
   * @throws BlockException with the code given to {@link #fail}
   */
  public boolean awaitOpen(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (gate != 0) {
        requireUsable();
        if (nanos == FOR_EVER) {
          opened.await();
        } else if (left <= 0) {
          return false;
        } else {
          left = opened.awaitNanos(left);
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Requests in flight, for display: a snapshot that need not be exact. */
  public long inFlight() {
    long sum = 0;
    for (int i = 0; i < STRIPES; i++) {
      sum += stripes.get((i + 1) << PAD_SHIFT) & COUNT_MASK;
    }
    return sum;
  }

  /** Whether requests are refused since {@link #fail}. */
  public boolean failed() {
    return (gate & FAILED) != 0;
  }

  /** Whether requests are admitted at this moment. */
  public boolean isOpen() {
    return gate == 0;
  }

  /**
   * Closes and waits until no request is in flight. Closes nest: the gate opens when {@link #open}
   * was called as often. On an error the gate is as it was before the call.
   *
   * @param nanos time limit, or {@link #FOR_EVER}
   * @throws BlockException TIMED_OUT with the number of requests left; INTERNAL when the caller
   *     itself holds a ticket of this gate
   */
  public void close(long nanos) {
    lock.lock();
    try {
      int closes = gate + 1; // under the lock, so that nothing is lost between
      gate = closes;
      boolean done = false;
      try {
        drain(nanos);
        done = true;
      } finally {
        if (!done) {
          openLocked();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes back one {@link #close} that succeeded. */
  public void open() {
    lock.lock();
    try {
      if ((gate & ~FAILED) == 0) {
        throw new IllegalStateException(name + " is opened more often than closed");
      }
      openLocked();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses every request from now on, waiting ones too, until {@link #recover}. Requests in flight
   * go on.
   *
   * @param reason its code and message are what callers get
   */
  public void fail(BlockException reason) {
    lock.lock();
    try {
      failure = reason;
      gate = gate | FAILED;
      opened.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Admits requests again after {@link #fail}, once the closes are opened too. */
  public void recover() {
    lock.lock();
    try {
      failure = null;
      gate = gate & ~FAILED;
      if (gate == 0) {
        opened.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private long enterAs(long ticket) {
    while (true) {
      stripes.getAndAdd(cell(ticket), ticket);
      if (gate == 0) {
        return ticket;
      }
      leave(ticket);
      awaitOpen(FOR_EVER);
    }
  }

  private long tryEnterAs(long ticket) {
    stripes.getAndAdd(cell(ticket), ticket);
    if (gate == 0) {
      return ticket;
    }
    leave(ticket);
    if ((gate & FAILED) != 0) {
      lock.lock();
      try {
        requireUsable();
      } finally {
        lock.unlock();
      }
    }
    return NO_TICKET;
  }

  private void drain(long nanos) {
    long mine = ofCaller();
    long left = nanos;
    int next = 0;
    while (true) {
      // A stripe seen at zero behind the closed gate holds no admitted request any more.
      while (next < STRIPES && stripes.get((next + 1) << PAD_SHIFT) == 0) {
        next++;
      }
      if (next == STRIPES) {
        return;
      }
      long own = stripes.get(cell(mine));
      if (own != 0 && own == (own & COUNT_MASK) * mine) {
        throw new BlockException(
            ErrorCode.INTERNAL,
            name + " cannot be closed by a thread whose own request is in flight on it");
      }
      if (nanos == FOR_EVER) {
        drained.await();
      } else if (left <= 0) {
        throw new BlockException(
            ErrorCode.TIMED_OUT,
            String.format(
                "%s still had %d requests in flight after %d ms; it was opened again",
                name, inFlight(), nanos / NANOS_PER_MILLI));
      } else {
        left = drained.awaitNanos(left);
      }
    }
  }

  private void openLocked() {
    int closes = gate - 1;
    gate = closes;
    if (closes == 0) {
      opened.signalAll();
    }
  }

  private void wakeClosers() {
    lock.lock();
    try {
      drained.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void requireUsable() {
    if (failure != null) {
      // A new one each time: the stack of the first is of no use to the others.
      throw new BlockException(failure.code(), failure.getMessage(), failure);
    }
  }

  /** One count, the stripe and the mark of the calling thread. */
  private static long ofCaller() {
    long hash = Thread.currentThread().getId() * GOLDEN;
    long stripe = hash >>> (Long.SIZE - STRIPE_BITS);
    // The lowest bit of the mark tells it from a detached ticket, which has none.
    long mark = (hash >>> 1) | 1;
    return mark << MARK_SHIFT | stripe << COUNT_BITS | 1;
  }

  private static long detached(long ticket) {
    return ticket & ((1L << MARK_SHIFT) - 1);
  }

  private static int cell(long ticket) {
    return ((int) (ticket >>> COUNT_BITS & (STRIPES - 1)) + 1) << PAD_SHIFT;
  }
}
