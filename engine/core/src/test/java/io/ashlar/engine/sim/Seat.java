package io.ashlar.engine.sim;

import java.util.concurrent.locks.LockSupport;

/** A thread that may hold the baton. */
final class Seat {
  final Thread thread;

  /** What it is to begin with; set before it is given the baton. */
  Turn first;

  private volatile boolean go;

  Seat(Thread thread) {
    this.thread = thread;
  }

  /** Gives it the baton. */
  void give() {
    go = true;
    LockSupport.unpark(thread);
  }

  /** Waits for the baton; on its own thread. */
  void await() {
    while (!go) {
      LockSupport.park(this);
    }
    go = false;
  }
}
