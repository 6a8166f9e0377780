package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemWaits;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Real waits that remember the threads that call into the storage of journals. A call that was
 * given up goes on in the background, and may make its file while a test's directory is removed.
 */
final class JournalThreads implements Waits {
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final Queue<WaitThread> calls = new ConcurrentLinkedQueue<>();

  @Override
  public WaitLock newLock() {
    return SystemWaits.INSTANCE.newLock();
  }

  @Override
  public void sleep(long nanos) {
    SystemWaits.INSTANCE.sleep(nanos);
  }

  @Override
  public WaitThread start(String name, Runnable body) {
    WaitThread thread = SystemWaits.INSTANCE.start(name, body);
    if (name.startsWith("ashlar-journal-")) {
      calls.add(thread);
    }
    return thread;
  }

  /** Waits until the storage of no journal is called any more. */
  void awaitEnd() {
    for (WaitThread call = calls.poll(); call != null; call = calls.poll()) {
      assertThat(call.join(PATIENCE_NANOS)).as("a call into a journal's storage ended").isTrue();
    }
  }
}
