package io.ashlar.engine.graph;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.pattern.StatusReply;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.BitmapDirectory;
import io.ashlar.engine.graph.NodeCommand.AbortReopen;
import io.ashlar.engine.graph.NodeCommand.Close;
import io.ashlar.engine.graph.NodeCommand.CommitReopen;
import io.ashlar.engine.graph.NodeCommand.ForBitmaps;
import io.ashlar.engine.graph.NodeCommand.Open;
import io.ashlar.engine.graph.NodeCommand.PrepareReopen;
import io.ashlar.engine.graph.NodeCommand.Prepared;
import io.ashlar.engine.graph.NodeCommand.Writing;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A node's actor: opens, prepares, commits, aborts and closes its driver's node, one message at a
 * time, with the blocking calls on the drivers' threads. It takes no part in reads and writes.
 */
public final class NodeActor extends AbstractBehavior<NodeCommand> {
  /** Longer than any disk; a participant that hangs is the transaction's business. */
  private static final Duration PATIENCE = Duration.ofHours(1);

  private final NodeServices services;
  private final NodeCore core;
  private final ActorRef<BitmapCommand> bitmaps;

  /** Filled on the drivers' threads, emptied here. */
  private final Queue<ReopenStep> steps = new ConcurrentLinkedQueue<>();

  private final Scheduler scheduler;
  private BitmapStore armedThrough;

  /**
   * The actor over a node's core; a restarted one finds the core, and its directory, as they were.
   */
  public static Behavior<NodeCommand> create(NodeCore core, NodeServices services) {
    return Behaviors.setup(context -> new NodeActor(context, core, services));
  }

  private NodeActor(ActorContext<NodeCommand> context, NodeCore core, NodeServices services) {
    super(context);
    this.services = services;
    this.scheduler = context.getSystem().scheduler();
    this.core = core;
    this.bitmaps =
        context
            .getChild("bitmaps")
            .map(ActorRef::<BitmapCommand>unsafeUpcast)
            .orElseGet(
                () ->
                    context.spawn(
                        services
                            .around()
                            .actor(
                                Around.Kind.BITMAPS,
                                core.name(),
                                BitmapDirectory.create(
                                    core.name(),
                                    core.bitmaps(),
                                    services.waits(),
                                    services.drivers())),
                        "bitmaps"));
  }

  @Override
  public Receive<NodeCommand> createReceive() {
    return newReceiveBuilder()
        .onMessage(Open.class, this::onOpen)
        .onMessage(PrepareReopen.class, this::onPrepare)
        .onMessage(CommitReopen.class, this::onCommit)
        .onMessage(AbortReopen.class, this::onAbort)
        .onMessage(Close.class, this::onClose)
        .onMessage(ForBitmaps.class, this::onForBitmaps)
        .build();
  }

  private Behavior<NodeCommand> onForBitmaps(ForBitmaps message) {
    bitmaps.tell(message.command());
    return this;
  }

  private Behavior<NodeCommand> onOpen(Open open) {
    NodeOpenContext context =
        new NodeOpenContext(
            open.spec(), open.permissions(), open.children(), core.background(), services);
    blocking("open", open.spec(), () -> open.spec().driver().open(context))
        .thenCompose(node -> opened(open, node))
        .whenComplete(
            (done, error) -> {
              if (error != null) {
                services.shared().release(core.name());
              }
              reply(open.replyTo(), core, error);
            });
    return this;
  }

  private CompletionStage<Done> opened(Open open, BlockNode node) {
    core.opened(node, open.spec());
    BitmapStore store = node instanceof BitmapStore capable ? capable : null;
    boolean writable = !open.spec().nodeOptions().readOnly();
    return askBitmaps(replyTo -> new BitmapCommand.Load(store, writable, node.length(), replyTo))
        .handle(
            (done, error) ->
                error == null
                    ? CompletableFuture.completedFuture(done)
                    : closeAfter(open, node, error))
        .thenCompose(Function.identity());
  }

  private CompletableFuture<Done> closeAfter(Open open, BlockNode node, Throwable error) {
    return blocking(
            "close",
            open.spec(),
            () -> {
              node.close();
              return Done.getInstance();
            })
        .toCompletableFuture()
        .handle(
            (done, second) -> {
              if (second != null) {
                error.addSuppressed(second);
              }
              throw new CompletionException(error);
            });
  }

  private Behavior<NodeCommand> onPrepare(PrepareReopen prepare) {
    CompletionStage<Prepared> work =
        prepare.pass() == ReopenPass.DOWN ? prepareDown(prepare) : prepareUp(prepare);
    work.whenComplete((prepared, error) -> reply(prepare.replyTo(), prepared, error));
    return this;
  }

  /** The bitmaps first: storing them writes through the driver, whose own debts come after. */
  private CompletionStage<Prepared> prepareDown(PrepareReopen prepare) {
    CompletionStage<Done> stored =
        prepare.writing() == Writing.LOST
            ? askBitmaps(replyTo -> new BitmapCommand.Seal(true, replyTo))
            : CompletableFuture.completedFuture(Done.getInstance());
    return stored.thenCompose(
        done ->
            blocking(
                "prepare to lose",
                core.spec(),
                () -> {
                  if (!core.spec().nodeOptions().readOnly()) {
                    core.flush();
                  }
                  if (prepare.next() == null) {
                    return new Prepared(core);
                  }
                  ReopenStep step = core.driver().prepareReopen(context(prepare));
                  steps.add(step);
                  return new Prepared(core);
                }));
  }

  private CompletionStage<Prepared> prepareUp(PrepareReopen prepare) {
    return blocking(
            "prepare to reopen",
            prepare.next(),
            () -> {
              ReopenStep step = core.driver().prepareReopen(context(prepare));
              steps.add(step);
              return step.staged();
            })
        .thenCompose(
            staged -> {
              if (prepare.writing() == Writing.GAINED && staged instanceof BitmapStore store) {
                armedThrough = store;
                return askBitmaps(replyTo -> new BitmapCommand.ArmThrough(store, replyTo))
                    .thenApply(done -> new Prepared(staged));
              }
              return CompletableFuture.completedFuture(new Prepared(staged));
            });
  }

  private NodeReopenContext context(PrepareReopen prepare) {
    return new NodeReopenContext(
        prepare.pass(), prepare.next(), prepare.permissions(), prepare.children(), services);
  }

  private Behavior<NodeCommand> onCommit(CommitReopen commit) {
    List<ReopenStep> taken = takeSteps();
    armedThrough = null;
    blocking(
            "commit",
            commit.next(),
            () -> {
              taken.forEach(ReopenStep::commit);
              core.become(commit.next());
              return Done.getInstance();
            })
        .thenCompose(
            done ->
                askBitmaps(
                    replyTo ->
                        new BitmapCommand.Became(!commit.next().nodeOptions().readOnly(), replyTo)))
        .whenComplete((done, error) -> reply(commit.replyTo(), done, error));
    return this;
  }

  private Behavior<NodeCommand> onAbort(AbortReopen abort) {
    List<ReopenStep> taken = takeSteps();
    Collections.reverse(taken);
    BitmapStore through = armedThrough;
    armedThrough = null;
    CompletionStage<Done> disarmed =
        through == null
            ? CompletableFuture.completedFuture(Done.getInstance())
            : askBitmaps(replyTo -> new BitmapCommand.DisarmThrough(through, replyTo));
    disarmed
        .thenCompose(
            done ->
                blocking(
                    "abort",
                    core.spec(),
                    () -> {
                      taken.forEach(ReopenStep::abort);
                      return Done.getInstance();
                    }))
        .thenCompose(done -> askBitmaps(BitmapCommand.GaveUp::new))
        .whenComplete((done, error) -> reply(abort.replyTo(), done, error));
    return this;
  }

  private Behavior<NodeCommand> onClose(Close close) {
    blocking(
            "close",
            core.spec(),
            () -> {
              if (core.driver() != null) {
                core.driver().close();
              }
              services.shared().release(core.name());
              return Done.getInstance();
            })
        .whenComplete((done, error) -> reply(close.replyTo(), done, error));
    return Behaviors.stopped();
  }

  private List<ReopenStep> takeSteps() {
    List<ReopenStep> taken = new ArrayList<>(steps);
    steps.clear();
    return taken;
  }

  private CompletionStage<Done> askBitmaps(
      Function<ActorRef<StatusReply<Done>>, BitmapCommand> message) {
    return Asks.ask(bitmaps, message::apply, PATIENCE, scheduler);
  }

  private <T> CompletionStage<T> blocking(String what, NodeSpec spec, Supplier<T> call) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return call.get();
          } catch (RuntimeException | LinkageError | AssertionError e) {
            throw NodeCore.asBlockException(spec, what, e);
          }
        },
        services.drivers());
  }

  private static <T> void reply(ActorRef<StatusReply<T>> replyTo, T value, Throwable error) {
    if (error == null) {
      replyTo.tell(StatusReply.success(value));
    } else {
      Throwable cause =
          error instanceof CompletionException && error.getCause() != null
              ? error.getCause()
              : error;
      replyTo.tell(StatusReply.error(cause));
    }
  }
}
