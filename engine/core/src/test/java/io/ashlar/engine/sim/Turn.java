package io.ashlar.engine.sim;

import java.util.function.BooleanSupplier;

/** What can go on next. */
abstract class Turn {
  /** Whose it is: a mailbox by its path, a task by its pool. */
  final String key;

  /** Tells those of one key apart; 0 for a mailbox. */
  final long number;

  Turn(String key, long number) {
    this.key = key;
    this.number = number;
  }

  /** Work that has not begun. */
  static final class Task extends Turn {
    final Runnable body;

    Task(String key, long number, Runnable body) {
      super(key, number);
      this.body = body;
    }
  }

  /** Work that waits. */
  static final class Waiting extends Turn {
    final Seat seat;
    final BooleanSupplier ready;
    final long deadline;
    final String what;
    final boolean main;

    Waiting(Turn of, Seat seat, BooleanSupplier ready, long deadline, String what, boolean main) {
      super(of.key, of.number);
      this.seat = seat;
      this.ready = ready;
      this.deadline = deadline;
      this.what = what;
      this.main = main;
    }
  }
}
