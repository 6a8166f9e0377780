package io.ashlar.cli.run;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;

/** Says whether a signal came, and wakes those who wait when it does. */
final class Cancellation {
  private final List<Thread> waiting = new ArrayList<>();
  private String signal;
  private int exitCode;

  /**
   * A signal came. The first one counts.
   *
   * @return false when one came before
   */
  synchronized boolean cancel(String name, int code) {
    if (signal != null) {
      return false;
    }
    signal = name;
    exitCode = code;
    waiting.forEach(Thread::interrupt);
    return true;
  }

  /** The calling thread works for the run: a signal interrupts it. */
  synchronized void enter() {
    waiting.add(Thread.currentThread());
    if (signal != null) {
      Thread.currentThread().interrupt();
    }
  }

  /** The calling thread does not any more; it is not interrupted after this. */
  synchronized void leave() {
    waiting.remove(Thread.currentThread());
    if (signal != null) {
      // What a signal left behind must not disturb the tidying up.
      Thread.interrupted();
    }
  }

  synchronized boolean isCancelled() {
    return signal != null;
  }

  synchronized String signal() {
    return signal;
  }

  synchronized int exitCode() {
    return exitCode;
  }

  /** Ends the caller's work after a signal. */
  void check() {
    if (isCancelled()) {
      throw new BlockException(ErrorCode.CANCELLED, "ended by " + signal());
    }
  }
}
