package io.ashlar.engine.sim;

import java.util.PriorityQueue;

/** What is to happen at a time, in the order of time and then of asking. */
final class Timers {
  /** A deadline that never comes. */
  static final long NEVER = Long.MAX_VALUE;

  /** One of them. */
  static final class Timer {
    private final long at;
    private final long number;
    private Runnable body;

    private Timer(long at, long number, Runnable body) {
      this.at = at;
      this.number = number;
      this.body = body;
    }

    /** True when it had not fired. */
    boolean cancel() {
      boolean was = body != null;
      body = null;
      return was;
    }

    boolean isCancelled() {
      return body == null;
    }
  }

  private final PriorityQueue<Timer> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.number, b.number));

  Timer add(long at, long number, Runnable body) {
    Timer timer = new Timer(at, number, body);
    queue.add(timer);
    return timer;
  }

  /** When the next one is due, or NEVER. */
  long next() {
    while (!queue.isEmpty() && queue.peek().isCancelled()) {
      queue.poll();
    }
    return queue.isEmpty() ? NEVER : queue.peek().at;
  }

  /** Fires what is due. */
  void fire(long now) {
    while (!queue.isEmpty() && queue.peek().at <= now) {
      Timer timer = queue.poll();
      Runnable body = timer.body;
      if (body != null) {
        timer.body = null;
        body.run();
      }
    }
  }

  void clear() {
    queue.clear();
  }
}
