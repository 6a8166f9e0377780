package io.ashlar.engine.control;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.pattern.StatusReply;
import io.ashlar.engine.api.ReopenException;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.engine.control.GraphCommand.Change;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphCommand.CloseFailed;
import io.ashlar.engine.control.GraphCommand.FailedClosed;
import io.ashlar.engine.control.GraphCommand.NodeStopped;
import io.ashlar.engine.control.GraphCommand.TransactionEnded;
import io.ashlar.engine.control.GraphCommand.TransactionStopped;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.model.Plan;
import io.ashlar.engine.model.Planner;
import io.ashlar.engine.reopen.Ended;
import io.ashlar.engine.reopen.GraphTransaction;
import io.ashlar.engine.reopen.Ledger;
import io.ashlar.engine.reopen.Settlement;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs structural changes one at a time: plans each, spawns the actors of new nodes, has a {@link
 * GraphTransaction} bring it to a decision, and has that carried out, whether the transaction
 * stopped or died. Changes wait in the order of their arrival. Nothing that others do or leave
 * undone keeps it waiting: every wait ends with a death or with its time.
 */
public final class GraphActor extends AbstractBehavior<GraphCommand> {
  private static final Logger LOG = LoggerFactory.getLogger(GraphActor.class);

  private final GraphRuntime runtime;
  private final NodeServices services;
  private final GraphSettings settings;
  private final Executor control;
  private final Planner planner;
  private final Nodes nodes;
  private final Deque<GraphCommand> waiting = new ArrayDeque<>();
  private GraphCommand running;
  private Plan plan;

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
    this.nodes = new Nodes(context, runtime, services);
  }

  @Override
  public Receive<GraphCommand> createReceive() {
    return newReceiveBuilder()
        .onMessage(Change.class, this::accept)
        .onMessage(CloseFailed.class, this::accept)
        .onMessage(TransactionStopped.class, this::onTransactionStopped)
        .onMessage(TransactionEnded.class, this::onTransactionEnded)
        .onMessage(FailedClosed.class, this::onFailedClosed)
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
      } else if (running instanceof CloseFailed failed) {
        start(failed.handle());
      }
    }
    return this;
  }

  /** Once no change runs, and the requests that were in flight have left it. */
  private void start(NodeHandle failed) {
    CompletionStage<Done> closed =
        CompletableFuture.runAsync(() -> nodes.drain(failed, settings.quiesceTimeOut()), control)
            .thenCompose(done -> failed.core().close());
    Duration limit = settings.quiesceTimeOut().plus(settings.prepareTimeOut());
    getContext()
        .pipeToSelf(
            Asks.within(closed, limit, getContext().getSystem()),
            (done, error) -> new FailedClosed(failed, closed, error));
  }

  private void start(Change change) {
    Map<String, NodeHandle> fresh = new HashMap<>();
    try {
      plan =
          planner
              .plan(runtime.model(), change.edit().apply(runtime.model()))
              .touching(change.touched());
      Obstacles.check(plan, runtime);
      for (String name : plan.added()) {
        fresh.put(name, nodes.spawn(name));
      }
      begin(change, new Ledger(plan, change.cut(), runtime, fresh, services));
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      // A driver's schema is asked in planning, so that anything may come from there.
      fresh.values().forEach(handle -> handle.close(getContext().getSystem().scheduler()));
      running = null;
      change.replyTo().tell(StatusReply.error(asBlockException(change.what(), e)));
    }
  }

  private void begin(Change change, Ledger ledger) {
    GraphTransaction.Limits limits =
        new GraphTransaction.Limits(
            settings.quiesceTimeOut(), settings.prepareTimeOut(), settings.cutTimeOut());
    ActorRef<GraphTransaction.Message> transaction =
        getContext()
            .spawnAnonymous(
                services
                    .around()
                    .actor(
                        Around.Kind.TRANSACTION,
                        change.what(),
                        GraphTransaction.create(ledger, limits, control)));
    getContext().watchWith(transaction, new TransactionStopped(ledger));
  }

  private Behavior<GraphCommand> onTransactionStopped(TransactionStopped message) {
    getContext()
        .pipeToSelf(
            Settlement.run(message.ledger(), getContext().getSystem(), settings.prepareTimeOut()),
            TransactionEnded::new);
    return this;
  }

  private Behavior<GraphCommand> onTransactionEnded(TransactionEnded message) {
    Change change = (Change) running;
    Ended ended = message.ended();
    running = null;
    if (message.error() != null) {
      change.replyTo().tell(StatusReply.error(asBlockException(change.what(), message.error())));
    } else if (ended.committed()) {
      change
          .replyTo()
          .tell(
              StatusReply.success(
                  new Changed(plan.before(), plan.after(), ended.nodes(), ended.afterwards())));
    } else {
      change
          .replyTo()
          .tell(
              StatusReply.error(
                  new ReopenException(whole(ended), new ReopenResult(false, ended.nodes()))));
    }
    return next();
  }

  private Behavior<GraphCommand> onFailedClosed(FailedClosed message) {
    running = null;
    String name = message.handle().core().name();
    Throwable error = Asks.cause(message.error());
    if (error instanceof TimeoutException) {
      runtime.hold(Set.of(name));
      LOG.warn("The close of the failed node '{}' has not ended; it is held until then", name);
      message.closed().whenComplete((done, late) -> runtime.resume(Set.of(name)));
    } else if (error != null) {
      LOG.warn("The failed node '{}' could not be closed well: {}", name, error.getMessage());
    }
    return next();
  }

  private Behavior<GraphCommand> onNodeStopped(NodeStopped message) {
    if (nodes.stopped(message)) {
      waiting.addFirst(new CloseFailed(message.handle()));
      return next();
    }
    return this;
  }

  /** Why a change was given up, and what went wrong while it was undone. */
  private static BlockException whole(Ended ended) {
    if (ended.afterwards().isEmpty()) {
      return ended.error();
    }
    String troubles =
        ended.afterwards().stream().map(Throwable::getMessage).collect(Collectors.joining("; "));
    BlockException whole =
        new BlockException(
            ended.error().code(),
            ended.error().getMessage() + "; and while it was undone: " + troubles,
            ended.error());
    ended.afterwards().forEach(whole::addSuppressed);
    return whole;
  }

  private static BlockException asBlockException(String what, Throwable error) {
    Throwable cause = Asks.cause(error);
    return cause instanceof BlockException known
        ? known
        : new BlockException(ErrorCode.INTERNAL, what + " failed unexpectedly: " + cause, cause);
  }
}
