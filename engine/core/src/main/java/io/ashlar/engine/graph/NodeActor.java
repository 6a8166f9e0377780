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
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * A node's actor: opens, prepares, commits, aborts and closes its driver's node, with the blocking
 * calls on the drivers' threads. It takes no part in reads and writes and keeps nothing that its
 * death could lose: what a change has prepared is in {@link NodeChange}, everything else in {@link
 * NodeCore}. The death of its directory is its own.
 */
public final class NodeActor extends AbstractBehavior<NodeCommand> {
  /** A participant that hangs is the transaction's business; a death ends the wait at once. */
  private static final Duration PATIENCE = Duration.ofDays(100);

  private final NodeCore core;
  private final ActorRef<BitmapCommand> bitmaps;
  private final Scheduler scheduler;

  /** The actor over a node's core; one that takes the place of another finds all as it was. */
  public static Behavior<NodeCommand> create(NodeCore core, NodeServices services) {
    return Behaviors.setup(context -> new NodeActor(context, core, services));
  }

  private NodeActor(ActorContext<NodeCommand> context, NodeCore core, NodeServices services) {
    super(context);
    this.scheduler = context.getSystem().scheduler();
    this.core = core;
    this.bitmaps =
        context.spawn(
            services
                .around()
                .actor(
                    Around.Kind.BITMAPS,
                    core.name(),
                    BitmapDirectory.create(
                        core.name(), core.bitmaps(), services.waits(), services.drivers())),
            "bitmaps");
    context.watch(bitmaps);
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
    open.change()
        .open(open.children(), this::askBitmaps)
        .whenComplete((node, error) -> reply(open.replyTo(), node, error));
    return this;
  }

  private Behavior<NodeCommand> onPrepare(PrepareReopen prepare) {
    prepare
        .change()
        .prepare(prepare.pass(), prepare.children(), this::askBitmaps)
        .whenComplete((prepared, error) -> reply(prepare.replyTo(), prepared, error));
    return this;
  }

  private Behavior<NodeCommand> onCommit(CommitReopen commit) {
    commit
        .change()
        .commit(this::askBitmaps)
        .whenComplete((done, error) -> reply(commit.replyTo(), done, error));
    return this;
  }

  private Behavior<NodeCommand> onAbort(AbortReopen abort) {
    abort
        .change()
        .abort(abort.pass(), this::askBitmaps)
        .whenComplete((done, error) -> reply(abort.replyTo(), done, error));
    return this;
  }

  private Behavior<NodeCommand> onClose(Close close) {
    core.close().whenComplete((done, error) -> reply(close.replyTo(), done, error));
    return Behaviors.stopped();
  }

  private CompletionStage<Done> askBitmaps(
      Function<ActorRef<StatusReply<Done>>, BitmapCommand> message) {
    return core.outstanding().ask(() -> Asks.ask(bitmaps, message::apply, PATIENCE, scheduler));
  }

  private static <T> void reply(ActorRef<StatusReply<T>> replyTo, T value, Throwable error) {
    replyTo.tell(error == null ? StatusReply.success(value) : StatusReply.error(Asks.cause(error)));
  }
}
