package io.ashlar.engine.job;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.concurrent.CompletionException;

/** What went wrong, as the one exception of the engine. */
final class Errors {
  private Errors() {}

  /** The engine's exception in what a stage or a call threw. */
  static BlockException asBlockException(String what, Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof BlockException known
        ? known
        : new BlockException(ErrorCode.INTERNAL, what + " failed unexpectedly: " + cause, cause);
  }

  /** An error that a second one followed; the first one's code, both sentences. */
  static BlockException with(BlockException first, BlockException second) {
    BlockException both =
        new BlockException(
            first.code(), first.getMessage() + "; besides: " + second.getMessage(), first);
    both.addSuppressed(second);
    return both;
  }
}
