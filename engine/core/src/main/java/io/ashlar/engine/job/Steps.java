package io.ashlar.engine.job;

import io.ashlar.spi.BlockException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** When the steps of a job may run: speed limit and pause. Not thread-safe. */
final class Steps {
  private final Pace pace = new Pace();
  private final List<CompletableFuture<Void>> pausing = new ArrayList<>();
  private int running;
  private boolean pauseWanted;

  /** Bytes a second, 0 for no limit. */
  void limit(long bytesPerSecond) {
    pace.limit(bytesPerSecond);
  }

  /** Whether somebody wants a pause. */
  boolean pauseWanted() {
    return pauseWanted;
  }

  /** Nanoseconds until a step may start by the speed limit; 0 or less for now. */
  long waitAt(long now) {
    return pace.waitAt(now);
  }

  /** A step of that many bytes starts. */
  void start(long now, long bytes) {
    pace.charge(now, bytes);
    running++;
  }

  /** A step has ended. */
  void end() {
    running--;
  }

  /** Somebody wants a pause, and to hear when it is complete. */
  void pause(CompletableFuture<Void> waiting) {
    pauseWanted = true;
    pausing.add(waiting);
  }

  /** Whether a pause is wanted and complete. */
  boolean quiet() {
    return pauseWanted && running == 0;
  }

  /** No pause is wanted any more; those who wanted it need not wait. */
  void resume(Outbox outbox) {
    pauseWanted = false;
    paused(outbox);
  }

  /** Tells those who wait for the pause that it is complete. */
  void paused(Outbox outbox) {
    pausing.forEach(waiting -> outbox.add(() -> waiting.complete(null)));
    pausing.clear();
  }

  /** Tells them that there will be none. */
  void refuse(BlockException reason, Outbox outbox) {
    pausing.forEach(waiting -> outbox.add(() -> waiting.completeExceptionally(reason)));
    pausing.clear();
  }
}
