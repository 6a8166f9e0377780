package io.ashlar.engine.job;

import io.ashlar.engine.api.Reply;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Makes replies for embedders. */
@FunctionalInterface
public interface ReplyMaker {
  /** A reply over the stage that the call returns. */
  <T> Reply<T> reply(String what, Supplier<CompletionStage<T>> call);
}
