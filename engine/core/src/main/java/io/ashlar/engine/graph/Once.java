package io.ashlar.engine.graph;

import akka.Done;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** Something that is done once: begun by whoever comes first, its end heard by everybody. */
final class Once {
  private final AtomicReference<CompletableFuture<Done>> end = new AtomicReference<>();

  boolean begun() {
    return end.get() != null;
  }

  CompletionStage<Done> run(Supplier<CompletionStage<Done>> work) {
    CompletableFuture<Done> mine = new CompletableFuture<>();
    if (!end.compareAndSet(null, mine)) {
      return end.get();
    }
    CompletionStage<Done> stage;
    try {
      stage = work.get();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      stage = CompletableFuture.failedFuture(e);
    }
    stage.whenComplete(
        (done, error) -> {
          if (error == null) {
            mine.complete(done);
          } else {
            mine.completeExceptionally(Asks.cause(error));
          }
        });
    return mine;
  }
}
