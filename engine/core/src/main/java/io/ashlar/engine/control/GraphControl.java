package io.ashlar.engine.control;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.pattern.StatusReply;
import io.ashlar.engine.api.ReopenException;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.control.GraphCommand.Change;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The graph actor for callers that are no actors: every call sends one message and returns a stage,
 * which fails with {@link BlockException}. Nothing here waits.
 */
public final class GraphControl {
  /** Longer than any change; changes have limits of their own. */
  private static final Duration PATIENCE = Duration.ofHours(24);

  private final ActorRef<GraphCommand> graph;
  private final Scheduler scheduler;
  private final GraphRuntime runtime;
  private final NodeServices services;

  /** Control over a graph actor. */
  public GraphControl(
      ActorRef<GraphCommand> graph,
      Scheduler scheduler,
      GraphRuntime runtime,
      NodeServices services) {
    this.graph = graph;
    this.scheduler = scheduler;
    this.runtime = runtime;
    this.services = services;
  }

  /** The open nodes. */
  public GraphRuntime runtime() {
    return runtime;
  }

  /** What nodes use. */
  public NodeServices services() {
    return services;
  }

  /** A structural change. */
  public CompletionStage<Changed> change(String what, Function<GraphModel, GraphModel> edit) {
    return change(what, edit, Set.of(), Cut.NONE);
  }

  /** A structural change that could also be part of a larger one. */
  public CompletionStage<Changed> change(GraphAction action) {
    return change(action.what(), action.edit(), action.touched(), action.cut());
  }

  /**
   * A structural change with work at its moment, and nodes that are quiesced although their
   * definition stays.
   */
  public CompletionStage<Changed> change(
      String what, Function<GraphModel, GraphModel> edit, Set<String> touched, Cut cut) {
    return accountedChange(what, edit, touched, cut)
        .handle(
            (changed, error) -> {
              if (error == null) {
                return CompletableFuture.completedFuture(changed);
              }
              Throwable cause = Asks.cause(error);
              return CompletableFuture.<Changed>failedFuture(
                  cause instanceof ReopenException given ? given.getCause() : cause);
            })
        .thenCompose(Function.identity());
  }

  /**
   * The same; one that was given up after it had begun fails with a {@link ReopenException}, which
   * says what happened to each node.
   */
  public CompletionStage<Changed> accountedChange(
      String what, Function<GraphModel, GraphModel> edit, Set<String> touched, Cut cut) {
    return Asks.ask(
        graph, replyTo -> new Change(what, edit, touched, cut, replyTo), PATIENCE, scheduler);
  }

  /** A message to a node's bitmap directory. */
  public <T> CompletionStage<T> bitmaps(
      String node, Function<ActorRef<StatusReply<T>>, BitmapCommand> message) {
    NodeHandle handle = runtime.nodes().get(node);
    if (handle == null) {
      return CompletableFuture.failedFuture(
          new BlockException(
              ErrorCode.NODE_NOT_FOUND,
              "no node is named '" + node + "'; the nodes are " + runtime.nodes().keySet()));
    }
    return bitmaps(handle, message);
  }

  /** A message to the bitmap directory of an open node. */
  public <T> CompletionStage<T> bitmaps(
      NodeHandle handle, Function<ActorRef<StatusReply<T>>, BitmapCommand> message) {
    return handle.ask(replyTo -> new NodeCommand.ForBitmaps(message.apply(replyTo)), scheduler);
  }

  /** Attaches a device. */
  public CompletionStage<DeviceCore> attach(DeviceSpec device) {
    return change(
            "attaching device '" + device.name() + "'",
            model -> {
              if (model.devices().containsKey(device.name())) {
                throw new BlockException(
                    ErrorCode.NODE_IN_USE,
                    "a device named '" + device.name() + "' is attached already");
              }
              return model.with(device.on(Edits.visible(model, device.node())));
            })
        .thenApply(changed -> runtime.devices().get(device.name()));
  }

  /** Detaches a device; does nothing when it is not attached. */
  public CompletionStage<Changed> detach(String device) {
    return change("detaching device '" + device + "'", model -> model.minusDevice(device));
  }

  /**
   * Closes a node without a change of the graph; for an engine that is being closed and could not
   * close properly.
   */
  public CompletionStage<akka.Done> forceClose(NodeHandle handle) {
    return handle.close(scheduler);
  }
}
