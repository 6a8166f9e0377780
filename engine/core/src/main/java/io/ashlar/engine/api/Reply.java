package io.ashlar.engine.api;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The answer to a call that takes time: wait for it, or compose it. Dependent stages without an
 * executor of their own run on a thread of the engine's callback pool, never on one that the engine
 * needs to go on.
 *
 * @param <T> the answer
 */
public final class Reply<T> {
  private final CompletableFuture<T> future;
  private final String what;
  private final Duration limit;

  /**
   * A reply over a stage; made by the engine.
   *
   * @param what names the call in the message of a time-out
   * @param limit how long {@link #await()} waits
   */
  public Reply(CompletionStage<T> stage, String what, Duration limit) {
    this.future = stage.toCompletableFuture();
    this.what = what;
    this.limit = limit;
  }

  /** The answer as a stage; it fails with {@link BlockException}. */
  public CompletionStage<T> toCompletionStage() {
    return future.minimalCompletionStage();
  }

  /** Waits for the answer, at most the engine's default time ({@code ashlar.time-out}). */
  public T await() {
    return await(limit);
  }

  /**
   * Waits for the answer. An interrupt ends the wait, not the call.
   *
   * @throws BlockException the call's error; TIMED_OUT when time is up, which does not end the call
   *     either; CANCELLED after an interrupt
   */
  public T await(Duration atMost) {
    try {
      return future.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw asBlockException(e.getCause());
    } catch (TimeoutException e) {
      throw new BlockException(
          ErrorCode.TIMED_OUT, what + " has not ended within " + atMost + "; it goes on", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BlockException(ErrorCode.CANCELLED, "interrupted while waiting for " + what, e);
    }
  }

  private static BlockException asBlockException(Throwable cause) {
    Throwable inner =
        cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
    if (inner instanceof BlockException known) {
      // A new object, so that the trace shows the waiting caller as well.
      BlockException copy =
          known.reference().isPresent()
              ? BlockException.unmapped(known.getMessage(), known.reference().get())
              : new BlockException(known.code(), known.getMessage(), known);
      return known.getClass() == BlockException.class ? copy : known;
    }
    return new BlockException(ErrorCode.INTERNAL, "unexpected failure: " + inner, inner);
  }
}
