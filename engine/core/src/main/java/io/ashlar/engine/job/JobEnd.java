package io.ashlar.engine.job;

import io.ashlar.spi.BlockException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What those who wait for the end of a job get. */
final class JobEnd {
  private final CompletableFuture<Long> result = new CompletableFuture<>();
  private final CompletableFuture<Void> concluded = new CompletableFuture<>();

  /** Bytes copied, or the job's error. */
  CompletionStage<Long> result() {
    return result;
  }

  /** For one who cancelled: the end, or what could not be tidied up. */
  CompletionStage<Void> concluded() {
    return concluded;
  }

  /**
   * It is over.
   *
   * @param failure or {@code null} for success
   * @param untidy what could not be tidied up, or {@code null}
   */
  void settle(long bytes, BlockException failure, BlockException untidy) {
    if (failure == null) {
      result.complete(bytes);
    } else {
      result.completeExceptionally(failure);
    }
    if (untidy == null) {
      concluded.complete(null);
    } else {
      concluded.completeExceptionally(untidy);
    }
  }
}
