package io.ashlar.engine.graph;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.pattern.StatusReply;
import io.ashlar.spi.BlockException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * A node as the control plane holds it: actor, core, and the edges to its children. The actor may
 * die and another one take its place; the core, and what it knows, stays.
 */
public final class NodeHandle {
  /** Whoever asks has a limit of his own; a death ends the wait at once. */
  private static final Duration PATIENCE = Duration.ofDays(100);

  private final NodeCore core;
  private final Map<String, Edge> edges = new LinkedHashMap<>();
  private volatile ActorRef<NodeCommand> actor;
  private volatile BlockException failure;

  /** A handle of a node that is about to be opened. */
  public NodeHandle(ActorRef<NodeCommand> actor, NodeCore core) {
    this.actor = actor;
    this.core = core;
  }

  /** Its actor at the moment. */
  public ActorRef<NodeCommand> actor() {
    return actor;
  }

  /** Another actor serves the node from now on. */
  public void servedBy(ActorRef<NodeCommand> next) {
    actor = next;
  }

  /** The node serves nothing any more. */
  public void fail(BlockException reason) {
    failure = reason;
  }

  /** Why the node serves nothing any more, or {@code null}. */
  public BlockException failure() {
    return failure;
  }

  /** Its core. */
  public NodeCore core() {
    return core;
  }

  /** Role to edge; changed only by the one structural change that runs. */
  public Map<String, Edge> edges() {
    return edges;
  }

  /**
   * Asks the node's actor. Fails with NODE_FAILED when the actor dies before it has answered; what
   * was asked may have been done all the same.
   */
  public <T> CompletionStage<T> ask(
      Function<ActorRef<StatusReply<T>>, NodeCommand> message, Scheduler scheduler) {
    return core.outstanding()
        .ask(
            () -> {
              BlockException dead = failure;
              if (dead != null) {
                return CompletableFuture.failedFuture(
                    new BlockException(dead.code(), dead.getMessage(), dead));
              }
              return Asks.ask(actor, message::apply, PATIENCE, scheduler);
            });
  }

  /** Closes the node through its actor, or without it when it is dead. */
  public CompletionStage<Done> close(Scheduler scheduler) {
    return this.<Done>ask(NodeCommand.Close::new, scheduler)
        .handle((done, error) -> core.close())
        .thenCompose(Function.identity());
  }
}
