package io.ashlar.cli.run;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.spi.NodeEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Hands the engine's events to the report, those of a step before the step's own line. */
final class RunEvents implements AutoCloseable {
  private static final int MOST_SECONDS = 10;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread made = new Thread(task, "ashlar-run-events");
            made.setDaemon(true);
            return made;
          });
  private final AutoCloseable subscription;

  RunEvents(Ashlar engine, Report report) {
    subscription = engine.onEvent(thread, report::event);
  }

  /** What a node said, as one sentence. */
  static String text(NodeEvent event) {
    if (event instanceof NodeEvent.ImageCorrupted corrupted) {
      return corrupted.message();
    }
    if (event instanceof NodeEvent.SideWorkFailed failed) {
      return failed.message();
    }
    return ((NodeEvent.Warning) event).message();
  }

  /** Returns when everything that was published before has been told. */
  void told() {
    CompletableFuture.runAsync(() -> {}, thread).orTimeout(MOST_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    try {
      subscription.close();
    } catch (Exception e) {
      throw new IllegalStateException("a subscription ends without trouble", e);
    } finally {
      thread.shutdown();
    }
  }
}
