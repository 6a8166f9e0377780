package io.ashlar.engine.graph;

import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Blocking calls into drivers, on the drivers' threads. */
final class DriverCalls {
  private DriverCalls() {}

  /**
   * The result of a call; whatever a driver throws is a {@link BlockException} that names it.
   *
   * @param what for messages, such as {@code close}
   * @param spec of the node whose driver is called; {@code null} for one that was never opened
   */
  static <T> CompletionStage<T> on(
      NodeServices services, String what, NodeSpec spec, Supplier<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      services.drivers().execute(() -> complete(result, what, spec, call));
    } catch (RuntimeException e) {
      result.completeExceptionally(
          new BlockException(ErrorCode.CLOSED, "the engine is shutting down", e));
    }
    return result;
  }

  private static <T> void complete(
      CompletableFuture<T> result, String what, NodeSpec spec, Supplier<T> call) {
    T value;
    try {
      value = call.get();
    } catch (Throwable e) {
      result.completeExceptionally(known(spec, what, e));
      return;
    }
    result.complete(value);
  }

  private static BlockException known(NodeSpec spec, String what, Throwable cause) {
    if (spec == null && !(cause instanceof BlockException)) {
      return new BlockException(ErrorCode.INTERNAL, what + " failed unexpectedly: " + cause, cause);
    }
    return NodeCore.asBlockException(spec, what, cause);
  }
}
