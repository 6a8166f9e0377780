package io.ashlar.engine.facade;

import io.ashlar.engine.api.Reply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Makes replies: failures become {@link BlockException}, and dependent stages run on the callback
 * pool.
 */
public final class Replies {
  private final Executor callbacks;
  private final Duration limit;

  /** Replies with a default waiting time. */
  public Replies(Executor callbacks, Duration limit) {
    this.callbacks = callbacks;
    this.limit = limit;
  }

  /** A reply over the stage that the call returns; what the call throws fails the reply. */
  public <T> Reply<T> reply(String what, Supplier<CompletionStage<T>> call) {
    CompletableFuture<T> future = new CompletableFuture<>();
    CompletionStage<T> stage;
    try {
      stage = call.get();
    } catch (RuntimeException e) {
      stage = CompletableFuture.failedFuture(e);
    }
    stage.whenCompleteAsync(
        (value, error) -> {
          if (error == null) {
            future.complete(value);
          } else {
            future.completeExceptionally(asBlockException(what, error));
          }
        },
        callbacks);
    return new Reply<>(future, what, limit);
  }

  /** The engine's exception in a failed stage. */
  public static BlockException asBlockException(String what, Throwable error) {
    Throwable cause = cause(error);
    return cause instanceof BlockException known
        ? known
        : new BlockException(ErrorCode.INTERNAL, what + " failed unexpectedly: " + cause, cause);
  }

  /** What a stage failed with, without its wrapping; {@code null} for {@code null}. */
  static Throwable cause(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }
}
