package io.ashlar.engine.reopen;

import akka.actor.Cancellable;
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
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeCommand.Open;
import io.ashlar.engine.graph.NodeCommand.PrepareReopen;
import io.ashlar.engine.graph.NodeCommand.Prepared;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.Plan;
import io.ashlar.engine.reopen.Ledger.Fault;
import io.ashlar.engine.reopen.Ledger.Refusal;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ReopenPass;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The way of one change to its decision, over any number of nodes: it quiesces, asks the nodes in
 * two passes to prepare, takes the cut, decides, and stops. It says nothing to anybody: what was
 * decided, and by whom it was refused, is in the {@link Ledger}, where whoever watches it finds it
 * whether it stopped or died, and has it carried out by {@link Settlement}.
 */
public final class GraphTransaction extends AbstractBehavior<GraphTransaction.Message> {
  /** Its own messages. */
  public sealed interface Message {}

  private record Quiesced(Throwable error) implements Message {}

  private record Begun(int question, Throwable error) implements Message {}

  private record Answered(int question, Prepared prepared, Throwable error) implements Message {}

  private record Opened(int question, Throwable error) implements Message {}

  private record CutDone(int question, Throwable error) implements Message {}

  private record TimeIsUp(int question) implements Message {}

  private record Died(String node) implements Message {}

  /**
   * What it may take.
   *
   * @param quiesce until requests have left
   * @param prepare for one node
   * @param cut for the work at the moment of the change
   */
  public record Limits(Duration quiesce, Duration prepare, Duration cut) {}

  private final Ledger ledger;
  private final Plan plan;
  private final Limits limits;
  private final Scheduler scheduler;
  private final Deque<String> down;
  private final Deque<String> up;
  private final Map<String, BlockIo> staged = new HashMap<>();

  /** Counts what was asked, so that an answer that comes too late is known. */
  private int question;

  private String asked;
  private String late;
  private Cancellable timer = Cancellable.alreadyCancelled();

  /**
   * Starts the change at once.
   *
   * @param control runs blocking waits of the control plane
   */
  public static Behavior<Message> create(Ledger ledger, Limits limits, Executor control) {
    return Behaviors.setup(context -> new GraphTransaction(context, ledger, limits, control));
  }

  private GraphTransaction(
      ActorContext<Message> context, Ledger ledger, Limits limits, Executor control) {
    super(context);
    this.ledger = ledger;
    this.plan = ledger.plan();
    this.limits = limits;
    this.scheduler = context.getSystem().scheduler();
    this.down = new ArrayDeque<>(ledger.services().rules().down(plan.down()));
    this.up = new ArrayDeque<>(ledger.services().rules().up(plan.up()));
    for (String name : ledger.participants()) {
      if (ledger.handle(name).failure() == null) {
        context.watchWith(ledger.handle(name).actor(), new Died(name));
      }
    }
    asks(null, "quiescing", limits.quiesce().multipliedBy(2));
    context.pipeToSelf(
        CompletableFuture.runAsync(
            () ->
                ledger
                    .services()
                    .rules()
                    .quiesce(
                        () ->
                            ledger
                                .quiescence()
                                .begin(limits.quiesce().toNanos(), ledger.services().clock()),
                        () -> ledger.quiescence().end(Set.of())),
            control),
        (done, error) -> new Quiesced(error));
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Quiesced.class, this::onQuiesced)
        .onMessage(Begun.class, this::onBegun)
        .onMessage(Answered.class, this::onAnswered)
        .onMessage(Opened.class, this::onOpened)
        .onMessage(CutDone.class, this::onCutDone)
        .onMessage(TimeIsUp.class, this::onTimeIsUp)
        .onMessage(Died.class, this::onDied)
        .build();
  }

  private Behavior<Message> onQuiesced(Quiesced message) {
    if (message.error() != null) {
      return refuse(null, message.error());
    }
    asks(null, "the bitmaps' part of nodes " + new TreeSet<>(plan.touched()), limits.prepare());
    int number = question;
    ledger.begins(ledger.cut().begin(ledger::handle));
    getContext().pipeToSelf(ledger.begun(), (done, error) -> new Begun(number, error));
    return this;
  }

  private Behavior<Message> onBegun(Begun message) {
    if (!expected(message.question())) {
      return this;
    }
    return message.error() == null ? next() : refuse(null, message.error());
  }

  private Behavior<Message> next() {
    if (!down.isEmpty()) {
      return prepareDown(down.poll());
    }
    if (!up.isEmpty()) {
      String name = up.poll();
      return plan.added().contains(name) ? open(name) : prepareUp(name);
    }
    asks(null, "the work at the moment of the change", limits.cut());
    int number = question;
    ledger.cutBegins(() -> ledger.cut().prepare(ledger::handle));
    getContext().pipeToSelf(ledger.cutTaken(), (done, error) -> new CutDone(number, error));
    return this;
  }

  private Behavior<Message> prepareDown(String name) {
    NodeHandle handle = ledger.handle(name);
    if (handle.failure() != null && plan.removed().contains(name)) {
      return next(); // A dead node has nothing left to put on disk.
    }
    return ask(handle, name, ReopenPass.DOWN, handle.edges());
  }

  private Behavior<Message> prepareUp(String name) {
    return ask(ledger.handle(name), name, ReopenPass.UP, stagedEdges(name));
  }

  private Behavior<Message> ask(
      NodeHandle handle, String name, ReopenPass pass, Map<String, Edge> edges) {
    Function<ActorRef<StatusReply<Prepared>>, NodeCommand> message =
        replyTo -> new PrepareReopen(pass, ledger.change(name), edges, replyTo);
    ledger.asks(name, pass);
    asks(name, "node '" + name + "'", limits.prepare());
    int number = question;
    getContext()
        .pipeToSelf(
            handle.ask(message, scheduler), (answer, error) -> new Answered(number, answer, error));
    return this;
  }

  private Behavior<Message> open(String name) {
    NodeHandle handle = ledger.handle(name);
    Map<String, Edge> edges = stagedEdges(name);
    handle.edges().putAll(edges);
    ledger.asks(name, null);
    asks(name, "node '" + name + "'", limits.prepare());
    int number = question;
    Function<ActorRef<StatusReply<NodeCore>>, NodeCommand> message =
        replyTo -> new Open(ledger.change(name), edges, replyTo);
    getContext()
        .pipeToSelf(handle.ask(message, scheduler), (node, error) -> new Opened(number, error));
    return this;
  }

  private void asks(String node, String what, Duration limit) {
    question++;
    asked = node;
    late = what + " did not end its part within " + limit.toMillis() + " ms";
    timer = getContext().scheduleOnce(limit, getContext().getSelf(), new TimeIsUp(question));
  }

  /** Whether the answer is the one that is waited for. */
  private boolean expected(int number) {
    if (number != question) {
      return false;
    }
    timer.cancel();
    return true;
  }

  /** Edges as the node will have them, leading to children as they will be. */
  private Map<String, Edge> stagedEdges(String name) {
    Map<String, Edge> edges = new LinkedHashMap<>();
    plan.after()
        .node(name)
        .children()
        .forEach(
            (role, child) ->
                edges.put(
                    role, new Edge(role, child, asItWillBe(child), ledger.handle(child).core())));
    ledger.stagedEdges().put(name, edges);
    return edges;
  }

  private BlockIo asItWillBe(String child) {
    BlockIo io = staged.get(child);
    return io != null ? io : ledger.handle(child).core();
  }

  private Behavior<Message> onAnswered(Answered answer) {
    if (!expected(answer.question())) {
      return this;
    }
    if (answer.error() != null && lostAnyway(asked)) {
      ledger.loses(answer.error());
      return next();
    }
    if (answer.error() != null) {
      return refuse(asked, answer.error());
    }
    BlockIo io = answer.prepared().staged();
    if (io != ledger.handle(asked).core()) {
      staged.put(asked, io);
    }
    return next();
  }

  /**
   * Whether a node goes that stands on one which serves nothing any more: what it cannot put on
   * disk is lost, and reported as lost; else nobody could ever remove it.
   */
  private boolean lostAnyway(String name) {
    return plan.removed().contains(name)
        && !Collections.disjoint(plan.before().reachable(Set.of(name)), ledger.runtime().failed());
  }

  private Behavior<Message> onOpened(Opened message) {
    if (!expected(message.question())) {
      return this;
    }
    return message.error() == null ? next() : refuse(asked, message.error());
  }

  private Behavior<Message> onCutDone(CutDone message) {
    if (!expected(message.question())) {
      return this;
    }
    if (message.error() != null) {
      return refuse(null, message.error());
    }
    ledger.decision().commit();
    return Behaviors.stopped();
  }

  private Behavior<Message> onTimeIsUp(TimeIsUp message) {
    if (message.question() != question) {
      return this;
    }
    ledger.refuse(
        new Refusal(
            asked,
            Fault.TIMED_OUT,
            new BlockException(ErrorCode.TIMED_OUT, late + "; " + outcomeOfTimeOut())));
    return Behaviors.stopped();
  }

  private String outcomeOfTimeOut() {
    return ledger.cutDecides()
        ? Account.STILL_COMES
        : "the change was given up. What is inside its call waits quiesced until"
            + " that returns, everything else goes on";
  }

  /** Whatever it had prepared is in the ledger and will be undone. */
  private Behavior<Message> onDied(Died message) {
    if (ledger.cutDecides()) {
      return this;
    }
    ledger.refuse(
        new Refusal(
            message.node(),
            Fault.DIED,
            new BlockException(
                ErrorCode.NODE_FAILED,
                "the actor of node '"
                    + message.node()
                    + "' died during the change, which was given up")));
    return Behaviors.stopped();
  }

  private Behavior<Message> refuse(String node, Throwable error) {
    Throwable cause = Asks.cause(error);
    BlockException reason =
        cause instanceof BlockException known
            ? known
            : new BlockException(ErrorCode.INTERNAL, "unexpected failure: " + cause, cause);
    Fault fault = reason.code() == ErrorCode.NODE_FAILED ? Fault.DIED : Fault.REFUSED;
    ledger.refuse(new Refusal(node, fault, reason));
    return Behaviors.stopped();
  }
}
