package io.ashlar.engine.graph;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.RecipientRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AskPattern;
import akka.japi.function.Function;
import akka.pattern.StatusReply;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

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

  /**
   * The result of a stage, or a {@link TimeoutException} when it does not come in time; the stage
   * itself goes on.
   */
  public static <T> CompletionStage<T> within(
      CompletionStage<T> stage, Duration limit, ActorSystem<?> system) {
    CompletableFuture<T> result = new CompletableFuture<>();
    akka.actor.Cancellable timer =
        system
            .scheduler()
            .scheduleOnce(
                limit,
                () -> result.completeExceptionally(new TimeoutException("not done in " + limit)),
                system.executionContext());
    stage.whenComplete(
        (value, error) -> {
          timer.cancel();
          if (error == null) {
            result.complete(value);
          } else {
            result.completeExceptionally(error);
          }
        });
    return result;
  }

  /** What a stage failed with, without the wrapping of the stages between. */
  public static Throwable cause(Throwable error) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
