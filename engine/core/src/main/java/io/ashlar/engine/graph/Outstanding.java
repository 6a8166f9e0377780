package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The questions that a node's actors have not answered. When an actor is gone they fail, for nobody
 * else would answer what was in its mailbox.
 */
public final class Outstanding {
  private final Map<Long, CompletableFuture<?>> questions = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();

  /** No questions yet. */
  public Outstanding() {}

  /**
   * Asks, and remembers the question until it is answered. The question is remembered before it is
   * asked, so that a death in between is not missed.
   */
  public <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Long number = numbers.getAndIncrement();
    questions.put(number, answer);
    CompletionStage<T> asked;
    try {
      asked = question.get();
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedFuture(e);
    }
    asked.whenComplete(
        (value, error) -> {
          questions.remove(number);
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
    List.copyOf(questions.values()).forEach(question -> question.completeExceptionally(reason));
  }
}
