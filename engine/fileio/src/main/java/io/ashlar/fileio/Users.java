package io.ashlar.fileio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts the calls inside a descriptor, so that it is closed only when none is left: its number may
 * be reused at once, and a late call would then hit another file. Entering and leaving cost one
 * addition each on a counter that few threads share; closing never waits, the last one to leave
 * closes.
 */
final class Users {
  private static final int STRIPES = 16;

  /** Longs between two stripes: two cache lines, for processors that fetch them in pairs. */
  private static final int SPACING = 16;

  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle STATE;

  private static final int OPEN = 0;
  private static final int CLOSING = 1;
  private static final int CLOSED = 2;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Users.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long[] counts = new long[(STRIPES + 1) * SPACING];
  private final Runnable release;
  private volatile int state = OPEN;

  /**
   * A count of nobody.
   *
   * @param release closes the descriptor; runs once
   */
  Users(Runnable release) {
    this.release = release;
  }

  /**
   * Enters.
   *
   * @return what {@link #leave} wants back; -1 when it is closed, and then nothing was entered
   */
  int enter() {
    // The first stripe's distance keeps it off the array's header.
    int stripe = (((int) Thread.currentThread().getId() & (STRIPES - 1)) + 1) * SPACING;
    COUNT.getAndAdd(counts, stripe, 1L);
    if (state == OPEN) {
      return stripe;
    }
    leave(stripe);
    return -1;
  }

  void leave(int stripe) {
    COUNT.getAndAdd(counts, stripe, -1L);
    if (state != OPEN) {
      releaseIfEmpty();
    }
  }

  /** Nobody enters from now on; the descriptor is closed here or by the last to leave. */
  void close() {
    if (STATE.compareAndSet(this, OPEN, CLOSING)) {
      releaseIfEmpty();
    }
  }

  private void releaseIfEmpty() {
    for (int i = 1; i <= STRIPES; i++) {
      // Once closing, whoever raises a counter lowers it again without a call in between.
      if ((long) COUNT.getVolatile(counts, i * SPACING) != 0) {
        return;
      }
    }
    if (STATE.compareAndSet(this, CLOSING, CLOSED)) {
      release.run();
    }
  }
}
