package io.ashlar.engine.control;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.pattern.StatusReply;
import io.ashlar.engine.control.GraphCommand.Change;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphCommand.Exclusive;
import io.ashlar.engine.control.GraphCommand.ExclusiveEnded;
import io.ashlar.engine.control.GraphCommand.NodeStopped;
import io.ashlar.engine.control.GraphCommand.TransactionEnded;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeActor;
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.model.Plan;
import io.ashlar.engine.model.Planner;
import io.ashlar.engine.reopen.GraphTransaction;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Runs structural changes one at a time: plans each, spawns the actors of new nodes, and has a
 * {@link GraphTransaction} carry it out. Changes wait in the order of their arrival.
 */
public final class GraphActor extends AbstractBehavior<GraphCommand> {
  private static final Duration RESTART_WINDOW = Duration.ofSeconds(10);

  private final GraphRuntime runtime;
  private final NodeServices services;
  private final GraphSettings settings;
  private final Executor control;
  private final Planner planner;
  private final Deque<GraphCommand> waiting = new ArrayDeque<>();
  private GraphCommand running;
  private Plan plan;
  private long actors;

  /** The graph actor of an engine. */
  public static Behavior<GraphCommand> create(
      GraphRuntime runtime, NodeServices services, GraphSettings settings, Executor control) {
    return Behaviors.setup(
        context -> new GraphActor(context, runtime, services, settings, control));
  }

  private GraphActor(
      ActorContext<GraphCommand> context,
      GraphRuntime runtime,
      NodeServices services,
      GraphSettings settings,
      Executor control) {
    super(context);
    this.runtime = runtime;
    this.services = services;
    this.settings = settings;
    this.control = control;
    this.planner = new Planner(settings.depthLimit());
  }

  @Override
  public Receive<GraphCommand> createReceive() {
    return newReceiveBuilder()
        .onMessage(Change.class, this::accept)
        .onMessage(Exclusive.class, this::accept)
        .onMessage(TransactionEnded.class, this::onTransactionEnded)
        .onMessage(ExclusiveEnded.class, this::onExclusiveEnded)
        .onMessage(NodeStopped.class, this::onNodeStopped)
        .build();
  }

  private Behavior<GraphCommand> accept(GraphCommand command) {
    waiting.add(command);
    return next();
  }

  private Behavior<GraphCommand> next() {
    while (running == null && !waiting.isEmpty()) {
      running = waiting.poll();
      if (running instanceof Change change) {
        start(change);
      } else if (running instanceof Exclusive exclusive) {
        start(exclusive);
      }
    }
    return this;
  }

  private void start(Exclusive exclusive) {
    try {
      getContext().pipeToSelf(exclusive.work().get(), ExclusiveEnded::new);
    } catch (RuntimeException e) {
      running = null;
      exclusive.replyTo().tell(StatusReply.error(asBlockException(exclusive.what(), e)));
    }
  }

  private void start(Change change) {
    try {
      plan =
          planner
              .plan(runtime.model(), change.edit().apply(runtime.model()))
              .touching(change.touched());
      Map<String, ActorRef<NodeCommand>> fresh = new HashMap<>();
      for (String name : plan.added()) {
        fresh.put(name, spawnNode(name));
      }
      ActorRef<GraphTransaction.Ended> answer =
          getContext().messageAdapter(GraphTransaction.Ended.class, TransactionEnded::new);
      getContext()
          .spawnAnonymous(
              services
                  .around()
                  .actor(
                      Around.Kind.TRANSACTION,
                      change.what(),
                      GraphTransaction.create(
                          new GraphTransaction.Setting(
                              runtime,
                              fresh,
                              control,
                              services,
                              settings.quiesceTimeOut(),
                              settings.prepareTimeOut()),
                          plan,
                          change.cut(),
                          answer)));
    } catch (RuntimeException e) {
      running = null;
      change.replyTo().tell(StatusReply.error(asBlockException(change.what(), e)));
    }
  }

  private ActorRef<NodeCommand> spawnNode(String name) {
    long number = ++actors;
    NodeCore core = NodeCore.create(name, services);
    ActorRef<NodeCommand> actor =
        getContext()
            .spawn(
                Behaviors.supervise(
                        services
                            .around()
                            .actor(Around.Kind.NODE, name, NodeActor.create(core, services)))
                    .onFailure(
                        SupervisorStrategy.restart()
                            .withLimit(1, RESTART_WINDOW)
                            .withStopChildren(false)),
                "node-" + number);
    getContext().watchWith(actor, new NodeStopped(name, number));
    return actor;
  }

  private Behavior<GraphCommand> onTransactionEnded(TransactionEnded message) {
    Change change = (Change) running;
    GraphTransaction.Ended ended = message.ended();
    running = null;
    if (ended.committed()) {
      change
          .replyTo()
          .tell(StatusReply.success(new Changed(plan.before(), plan.after(), ended.afterwards())));
    } else {
      change.replyTo().tell(StatusReply.error(ended.error()));
    }
    return next();
  }

  private Behavior<GraphCommand> onExclusiveEnded(ExclusiveEnded message) {
    Exclusive exclusive = (Exclusive) running;
    running = null;
    if (message.error() == null) {
      exclusive.replyTo().tell(StatusReply.success(message.value()));
    } else {
      exclusive
          .replyTo()
          .tell(StatusReply.error(asBlockException(exclusive.what(), message.error())));
    }
    return next();
  }

  /** A node whose actor is gone serves nothing; one that was closed is not there any more. */
  private Behavior<GraphCommand> onNodeStopped(NodeStopped message) {
    NodeHandle handle = runtime.nodes().get(message.name());
    if (handle != null && handle.actor().path().name().equals("node-" + message.number())) {
      BlockException failure =
          new BlockException(
              ErrorCode.NODE_FAILED,
              "node '"
                  + message.name()
                  + "' serves nothing any more: its actor failed twice;"
                  + " remove it and add it again");
      for (String device : runtime.model().devicesReaching(Set.of(message.name()))) {
        DeviceCore core = runtime.devices().get(device);
        if (core != null) {
          core.gate().fail(failure);
        }
      }
      handle.core().background().fail(failure);
    }
    return this;
  }

  private static BlockException asBlockException(String what, Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof BlockException known
        ? known
        : new BlockException(ErrorCode.INTERNAL, what + " failed unexpectedly: " + cause, cause);
  }
}
