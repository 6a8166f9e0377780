package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The questions that a node's actors have not answered. When an actor is gone they fail, for nobody
 * else would answer what was in its mailbox.
 */
public final class Outstanding {
  private final Set<CompletableFuture<?>> questions = ConcurrentHashMap.newKeySet();

  /** No questions yet. */
  public Outstanding() {}

  /**
   * Asks, and remembers the question until it is answered. The question is remembered before it is
   * asked, so that a death in between is not missed.
   */
  public <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    questions.add(answer);
    CompletionStage<T> asked;
    try {
      asked = question.get();
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedFuture(e);
    }
    asked.whenComplete(
        (value, error) -> {
          questions.remove(answer);
          if (error == null) {
            answer.complete(value);
          } else {
            answer.completeExceptionally(error);
          }
        });
    return answer;
  }

  /** Nobody will answer what was asked so far. */
  public void fail(BlockException reason) {
    for (CompletableFuture<?> question : questions) {
      questions.remove(question);
      question.completeExceptionally(reason);
    }
  }
}
