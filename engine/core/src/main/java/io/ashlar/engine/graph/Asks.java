package io.ashlar.engine.graph;

import akka.actor.typed.ActorRef;
import akka.actor.typed.RecipientRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AskPattern;
import akka.japi.function.Function;
import akka.pattern.StatusReply;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks an actor. The stages of Akka's own ask pass everything that depends on them to the JDK's
 * common pool, which belongs to the application: one that fills it would stop the engine. The
 * stages from here run what depends on them where the answer arrives.
 */
public final class Asks {
  private Asks() {}

  /** The answer, or the failure in it, or a time-out. */
  public static <C, T> CompletionStage<T> ask(
      RecipientRef<C> actor,
      Function<ActorRef<StatusReply<T>>, C> message,
      Duration limit,
      Scheduler scheduler) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    AskPattern.askWithStatus(actor, message, limit, scheduler)
        .whenCompleteAsync(
            (value, error) -> {
              if (error == null) {
                answer.complete(value);
              } else {
                answer.completeExceptionally(error);
              }
            },
            Runnable::run);
    return answer;
  }
}
