package io.ashlar.engine.job;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Calls to the outside, made in the order in which they were put here, one at a time, and never
 * under the lock of the one who puts them: a listener may call back.
 */
final class Outbox {
  private final Queue<Runnable> calls = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean busy = new AtomicBoolean();

  /** Adds a call; it is made by whoever calls {@link #drain} next. */
  void add(Runnable call) {
    calls.add(call);
  }

  /** Makes the calls that wait, unless another thread is at it and will make them. */
  void drain() {
    while (!calls.isEmpty() && busy.compareAndSet(false, true)) {
      try {
        for (Runnable call = calls.poll(); call != null; call = calls.poll()) {
          call.run();
        }
      } finally {
        busy.set(false);
      }
    }
  }
}
