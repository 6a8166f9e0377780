package io.ashlar.engine.reopen;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.pattern.StatusReply;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.graph.Edge;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeCommand.AbortReopen;
import io.ashlar.engine.graph.NodeCommand.Close;
import io.ashlar.engine.graph.NodeCommand.CommitReopen;
import io.ashlar.engine.graph.NodeCommand.Open;
import io.ashlar.engine.graph.NodeCommand.PrepareReopen;
import io.ashlar.engine.graph.NodeCommand.Prepared;
import io.ashlar.engine.graph.NodeCommand.Writing;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenPass;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * One change of the graph, over any number of nodes, all or nothing. It quiesces, asks the nodes in
 * two passes to prepare, takes the decision, and has it carried out. It ends with one reply and
 * stops.
 */
public final class GraphTransaction extends AbstractBehavior<GraphTransaction.Message> {
  /** Its own messages. */
  public sealed interface Message {}

  private record Next() implements Message {}

  private record Answered(String node, Prepared prepared, Throwable error) implements Message {}

  private record Opened(String node, NodeHandle handle, Throwable error) implements Message {}

  private record CutDone(Throwable error) implements Message {}

  private record AllDone(List<Throwable> errors) implements Message {}

  /**
   * What a transaction works with.
   *
   * @param runtime the open nodes
   * @param fresh the actors of the new nodes, which nothing was opened with yet
   * @param control runs blocking waits of the control plane
   * @param services what nodes and devices use
   * @param quiesceLimit how long requests may take to leave
   * @param prepareLimit how long one node may take to prepare
   */
  public record Setting(
      GraphRuntime runtime,
      Map<String, ActorRef<NodeCommand>> fresh,
      Executor control,
      NodeServices services,
      Duration quiesceLimit,
      Duration prepareLimit) {}

  /**
   * How it ended.
   *
   * @param committed the decision
   * @param refused the node that refused, or {@code null}
   * @param error why, or {@code null}
   * @param afterwards errors of nodes that were closed by a committed change; they are closed all
   *     the same
   */
  public record Ended(
      boolean committed, String refused, BlockException error, List<Throwable> afterwards) {}

  private static final Duration UNHURRIED = Duration.ofHours(1);

  private final Setting setting;
  private final GraphRuntime runtime;
  private final Plan plan;
  private final Cut cut;
  private final ActorRef<Ended> replyTo;
  private final Scheduler scheduler;
  private final Quiescence quiescence;
  private final Decision decision = new Decision();
  private final Deque<String> down;
  private final Deque<String> up;
  private final Set<String> prepared = new LinkedHashSet<>();
  private final Map<String, NodeHandle> opened = new LinkedHashMap<>();
  private final Map<String, BlockIo> staged = new HashMap<>();
  private final Map<String, Map<String, Edge>> stagedEdges = new HashMap<>();
  private boolean cutTaken;
  private String refusedBy;
  private BlockException refusal;

  /** Starts the change at once. */
  public static Behavior<Message> create(
      Setting setting, Plan plan, Cut cut, ActorRef<Ended> replyTo) {
    return Behaviors.setup(context -> new GraphTransaction(context, setting, plan, cut, replyTo));
  }

  private GraphTransaction(
      ActorContext<Message> context, Setting setting, Plan plan, Cut cut, ActorRef<Ended> replyTo) {
    super(context);
    this.setting = setting;
    this.runtime = setting.runtime();
    this.plan = plan;
    this.cut = cut;
    this.replyTo = replyTo;
    this.scheduler = context.getSystem().scheduler();
    this.quiescence = new Quiescence(plan, runtime);
    this.down = new ArrayDeque<>(plan.down());
    this.up = new ArrayDeque<>(plan.up());
    context.pipeToSelf(
        CompletableFuture.runAsync(
            () -> quiescence.begin(setting.quiesceLimit().toNanos(), setting.services().clock()),
            setting.control()),
        (done, error) -> error == null ? new Next() : new Answered(null, null, error));
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Next.class, message -> next())
        .onMessage(Answered.class, this::onAnswered)
        .onMessage(Opened.class, this::onOpened)
        .onMessage(CutDone.class, this::onCutDone)
        .onMessage(AllDone.class, this::onAllDone)
        .build();
  }

  private Behavior<Message> next() {
    if (!down.isEmpty()) {
      prepareDown(down.poll());
    } else if (!up.isEmpty()) {
      String name = up.poll();
      if (plan.added().contains(name)) {
        open(name);
      } else {
        prepareUp(name);
      }
    } else {
      getContext().pipeToSelf(cut.prepare(this::resulting), (done, error) -> new CutDone(error));
    }
    return this;
  }

  private NodeHandle resulting(String name) {
    NodeHandle handle = opened.getOrDefault(name, runtime.nodes().get(name));
    if (handle == null) {
      throw new BlockException(ErrorCode.NODE_NOT_FOUND, "no node is named '" + name + "'");
    }
    return handle;
  }

  private void prepareDown(String name) {
    NodeHandle handle = runtime.nodes().get(name);
    NodeSpec next = plan.after().nodes().get(name);
    Writing writing = plan.losesWriting(name) ? Writing.LOST : Writing.STAYS;
    prepared.add(name);
    ask(
        handle,
        name,
        replyTo ->
            new PrepareReopen(
                ReopenPass.DOWN, next, writing, permissions(name), handle.edges(), replyTo));
  }

  private void prepareUp(String name) {
    NodeHandle handle = runtime.nodes().get(name);
    Writing writing = plan.gainsWriting(name) ? Writing.GAINED : Writing.STAYS;
    Map<String, Edge> edges = stagedEdges(name);
    prepared.add(name);
    ask(
        handle,
        name,
        replyTo ->
            new PrepareReopen(
                ReopenPass.UP,
                plan.after().node(name),
                writing,
                permissions(name),
                edges,
                replyTo));
  }

  private void ask(
      NodeHandle handle,
      String name,
      akka.japi.function.Function<ActorRef<StatusReply<Prepared>>, NodeCommand> message) {
    getContext()
        .pipeToSelf(
            Asks.ask(handle.actor(), message, setting.prepareLimit(), scheduler),
            (answer, error) -> new Answered(name, answer, error));
  }

  private void open(String name) {
    ActorRef<NodeCommand> actor = setting.fresh().get(name);
    Map<String, Edge> edges = stagedEdges(name);
    CompletionStage<NodeCore> core =
        Asks.ask(
            actor,
            replyTo -> new Open(plan.after().node(name), permissions(name), edges, replyTo),
            setting.prepareLimit(),
            scheduler);
    getContext()
        .pipeToSelf(
            core,
            (node, error) ->
                new Opened(name, error == null ? new NodeHandle(actor, node, edges) : null, error));
  }

  private Permissions permissions(String name) {
    return plan.permissions().getOrDefault(name, Permissions.NONE);
  }

  /** Edges as the node will have them, leading to children as they will be. */
  private Map<String, Edge> stagedEdges(String name) {
    Map<String, Edge> edges = new LinkedHashMap<>();
    plan.after()
        .node(name)
        .children()
        .forEach((role, child) -> edges.put(role, new Edge(role, child, asItWillBe(child))));
    stagedEdges.put(name, edges);
    return edges;
  }

  private BlockIo asItWillBe(String child) {
    BlockIo io = staged.get(child);
    return io != null ? io : resulting(child).core();
  }

  private Behavior<Message> onAnswered(Answered answer) {
    if (answer.error() != null) {
      return refuse(answer.node(), answer.error());
    }
    BlockIo io = answer.prepared().staged();
    if (io != runtime.nodes().get(answer.node()).core()) {
      staged.put(answer.node(), io);
    }
    return next();
  }

  private Behavior<Message> onOpened(Opened message) {
    if (message.error() != null) {
      return refuse(message.node(), message.error());
    }
    opened.put(message.node(), message.handle());
    return next();
  }

  private Behavior<Message> onCutDone(CutDone message) {
    if (message.error() != null) {
      return refuse(null, message.error());
    }
    cutTaken = true;
    if (decision.commit() != Decision.Outcome.COMMITTED) {
      return undo();
    }
    return carryOut();
  }

  private Behavior<Message> refuse(String node, Throwable error) {
    decision.abort();
    refusedBy = node;
    refusal = asBlockException(node, error);
    return undo();
  }

  /** In the reverse order of prepare; new nodes are closed again. */
  private Behavior<Message> undo() {
    Deque<String> reverse = new ArrayDeque<>();
    prepared.forEach(reverse::push);
    CompletionStage<List<Throwable>> all =
        collect(
            CompletableFuture.completedFuture(new ArrayList<>()), cutTaken ? cut.abort() : null);
    Deque<NodeHandle> fresh = new ArrayDeque<>();
    opened.values().forEach(fresh::push);
    for (NodeHandle handle : fresh) {
      all = thenAsk(all, handle.actor(), Close::new);
    }
    for (Map.Entry<String, ActorRef<NodeCommand>> actor : setting.fresh().entrySet()) {
      if (!opened.containsKey(actor.getKey())) {
        all = thenAsk(all, actor.getValue(), Close::new);
      }
    }
    for (String name : reverse) {
      all = thenAsk(all, runtime.nodes().get(name).actor(), AbortReopen::new);
    }
    getContext().pipeToSelf(all, (errors, failure) -> new AllDone(errors));
    return this;
  }

  private Behavior<Message> carryOut() {
    CompletionStage<List<Throwable>> all =
        collect(CompletableFuture.completedFuture(new ArrayList<>()), cut.commit());
    for (String name : plan.up()) {
      if (!plan.added().contains(name)) {
        NodeSpec next = plan.after().node(name);
        all =
            thenAsk(
                all, runtime.nodes().get(name).actor(), replyTo -> new CommitReopen(next, replyTo));
      }
    }
    all =
        all.thenApply(
            errors -> {
              Retargeting.apply(plan, runtime, opened, stagedEdges, setting.services());
              return errors;
            });
    for (String name : plan.removed()) {
      all = thenAsk(all, runtime.nodes().get(name).actor(), Close::new);
    }
    getContext().pipeToSelf(all, (errors, failure) -> new AllDone(errors));
    return this;
  }

  private CompletionStage<List<Throwable>> thenAsk(
      CompletionStage<List<Throwable>> before,
      ActorRef<NodeCommand> actor,
      akka.japi.function.Function<ActorRef<StatusReply<Done>>, NodeCommand> message) {
    return before.thenCompose(
        errors ->
            collect(
                CompletableFuture.completedFuture(errors),
                Asks.ask(actor, message, UNHURRIED, scheduler)));
  }

  private static CompletionStage<List<Throwable>> collect(
      CompletionStage<List<Throwable>> errors, CompletionStage<Done> step) {
    if (step == null) {
      return errors;
    }
    return errors.thenCompose(
        list ->
            step.handle(
                (done, error) -> {
                  if (error != null) {
                    list.add(error);
                  }
                  return list;
                }));
  }

  private Behavior<Message> onAllDone(AllDone message) {
    boolean committed = decision.outcome() == Decision.Outcome.COMMITTED;
    if (committed) {
      Retargeting.forget(plan, runtime);
    }
    quiescence.end();
    replyTo.tell(new Ended(committed, refusedBy, refusal, message.errors()));
    return Behaviors.stopped();
  }

  private static BlockException asBlockException(String node, Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause instanceof BlockException known) {
      return known;
    }
    if (cause instanceof java.util.concurrent.TimeoutException) {
      return new BlockException(
          ErrorCode.TIMED_OUT, "node '" + node + "' did not answer within its time", cause);
    }
    return new BlockException(ErrorCode.INTERNAL, "unexpected failure: " + cause, cause);
  }
}
