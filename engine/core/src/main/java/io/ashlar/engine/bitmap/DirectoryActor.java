package io.ashlar.engine.bitmap;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.pattern.StatusReply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Takes the messages of a node's bitmap directory and has them done, one at a time and in their
 * order, on the drivers' threads. Queries are answered beside that from the last published state.
 * While a change of the node is undecided, other changes wait.
 */
final class DirectoryActor extends AbstractBehavior<Object> {
  /** A piece of work is done. */
  private enum Finished {
    SERVE_NEXT,
    /** The node's change is undecided from now on. */
    HOLD,
    /** It is decided. */
    RELEASE
  }

  /**
   * A piece of work; {@code then} says what follows its success.
   *
   * @param ofNode part of a change of the graph, done also while users' commands are held back
   */
  private record Job<T>(
      String what,
      boolean ofNode,
      ActorRef<StatusReply<T>> replyTo,
      Supplier<T> body,
      Finished then) {

    void fail(BlockException error) {
      replyTo.tell(StatusReply.error(error));
    }
  }

  private final String node;
  private final NodeBitmaps bitmaps;
  private final Executor drivers;
  private final Deque<Job<?>> waiting = new ArrayDeque<>();
  private final BitmapChanges changes;
  private final JobHolds holds;
  private final NodeTransitions transitions;
  private boolean busy;
  private boolean held;

  static Behavior<BitmapCommand> create(String node, NodeBitmaps bitmaps, Executor drivers) {
    return Behaviors.<Object>setup(context -> new DirectoryActor(context, node, bitmaps, drivers))
        .narrow();
  }

  private DirectoryActor(
      ActorContext<Object> context, String node, NodeBitmaps bitmaps, Executor drivers) {
    super(context);
    this.node = node;
    this.bitmaps = bitmaps;
    this.drivers = drivers;
    Desk desk = new Desk(node, bitmaps);
    changes = new BitmapChanges(desk);
    holds = new JobHolds(desk);
    transitions = new NodeTransitions(desk);
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(BitmapCommand.Load.class, this::onLoad)
        .onMessage(BitmapCommand.Seal.class, this::onSeal)
        .onMessage(BitmapCommand.GaveUp.class, this::onGaveUp)
        .onMessage(BitmapCommand.ArmThrough.class, this::onArmThrough)
        .onMessage(BitmapCommand.DisarmThrough.class, this::onDisarmThrough)
        .onMessage(BitmapCommand.Became.class, this::onBecame)
        .onMessage(BitmapCommand.MayResize.class, this::onMayResize)
        .onMessage(BitmapCommand.Resized.class, this::onResized)
        .onMessage(BitmapCommand.Add.class, this::onAdd)
        .onMessage(BitmapCommand.Remove.class, this::onRemove)
        .onMessage(BitmapCommand.Clear.class, this::onClear)
        .onMessage(BitmapCommand.SetEnabled.class, this::onSetEnabled)
        .onMessage(BitmapCommand.Merge.class, this::onMerge)
        .onMessage(BitmapCommand.Freeze.class, this::onFreeze)
        .onMessage(BitmapCommand.Thaw.class, this::onThaw)
        .onMessage(BitmapCommand.Snapshot.class, this::onSnapshot)
        .onMessage(BitmapCommand.Describe.class, this::onDescribe)
        .onMessage(Finished.class, this::onFinished)
        .onSignal(PostStop.class, signal -> onStop())
        .build();
  }

  private Behavior<Object> onLoad(BitmapCommand.Load m) {
    return ofNode(
        "loading",
        m.replyTo(),
        () -> transitions.load(m.store(), m.writable(), m.length()),
        Finished.RELEASE);
  }

  private Behavior<Object> onSeal(BitmapCommand.Seal m) {
    return ofNode(
        "storing", m.replyTo(), transitions::seal, m.hold() ? Finished.HOLD : Finished.SERVE_NEXT);
  }

  private Behavior<Object> onGaveUp(BitmapCommand.GaveUp m) {
    return ofNode("resuming", m.replyTo(), () -> {}, Finished.RELEASE);
  }

  private Behavior<Object> onArmThrough(BitmapCommand.ArmThrough m) {
    return ofNode(
        "arming", m.replyTo(), () -> transitions.armThrough(m.staged()), Finished.SERVE_NEXT);
  }

  private Behavior<Object> onDisarmThrough(BitmapCommand.DisarmThrough m) {
    return ofNode(
        "disarming", m.replyTo(), () -> transitions.disarmThrough(m.staged()), Finished.SERVE_NEXT);
  }

  private Behavior<Object> onBecame(BitmapCommand.Became m) {
    return ofNode(
        "a reopen", m.replyTo(), () -> transitions.became(m.writable()), Finished.RELEASE);
  }

  private Behavior<Object> onMayResize(BitmapCommand.MayResize m) {
    return ofNode(
        "a resize", m.replyTo(), () -> transitions.mayResize(m.length()), Finished.SERVE_NEXT);
  }

  private Behavior<Object> onResized(BitmapCommand.Resized m) {
    return ofNode(
        "a resize", m.replyTo(), () -> transitions.resized(m.length()), Finished.SERVE_NEXT);
  }

  private Behavior<Object> onAdd(BitmapCommand.Add m) {
    return submit(
        "adding", m.replyTo(), () -> changes.add(m.name(), m.settings(), m.defaultGranularity()));
  }

  private Behavior<Object> onRemove(BitmapCommand.Remove m) {
    return submit("removing", m.replyTo(), () -> changes.remove(m.name()));
  }

  private Behavior<Object> onClear(BitmapCommand.Clear m) {
    return work("clearing", m.replyTo(), () -> changes.clear(m.name()));
  }

  private Behavior<Object> onSetEnabled(BitmapCommand.SetEnabled m) {
    return work("enabling", m.replyTo(), () -> changes.setEnabled(m.name(), m.enabled()));
  }

  private Behavior<Object> onMerge(BitmapCommand.Merge m) {
    return work("merging", m.replyTo(), () -> changes.merge(m.target(), m.sources()));
  }

  private Behavior<Object> onFreeze(BitmapCommand.Freeze m) {
    return enqueue(
        new Job<>(
            "freezing",
            true,
            m.replyTo(),
            () -> holds.freeze(m.name(), m.owner(), m.keeps()),
            Finished.SERVE_NEXT));
  }

  private Behavior<Object> onThaw(BitmapCommand.Thaw m) {
    return ofNode(
        "thawing",
        m.replyTo(),
        () -> holds.thaw(m.name(), m.replace(), m.uncopied()),
        Finished.SERVE_NEXT);
  }

  private Behavior<Object> onSnapshot(BitmapCommand.Snapshot m) {
    start(
        new Job<>(
            "copying", false, m.replyTo(), () -> changes.snapshot(m.name()), Finished.SERVE_NEXT),
        ended -> {});
    return this;
  }

  private Behavior<Object> onDescribe(BitmapCommand.Describe m) {
    start(
        new Job<>("listing", false, m.replyTo(), bitmaps::infos, Finished.SERVE_NEXT), ended -> {});
    return this;
  }

  private Behavior<Object> onFinished(Finished how) {
    busy = false;
    switch (how) {
      case HOLD -> held = true;
      case RELEASE -> held = false;
      case SERVE_NEXT -> {}
    }
    serveNext();
    return this;
  }

  private Behavior<Object> onStop() {
    waiting.forEach(
        job -> job.fail(new BlockException(ErrorCode.CLOSED, "node '" + node + "' was closed")));
    waiting.clear();
    return this;
  }

  private Behavior<Object> work(String what, ActorRef<StatusReply<Done>> replyTo, Runnable body) {
    return submit(what, replyTo, done(body));
  }

  private <T> Behavior<Object> submit(
      String what, ActorRef<StatusReply<T>> replyTo, Supplier<T> body) {
    return enqueue(new Job<>(what, false, replyTo, body, Finished.SERVE_NEXT));
  }

  private Behavior<Object> ofNode(
      String what, ActorRef<StatusReply<Done>> replyTo, Runnable body, Finished then) {
    return enqueue(new Job<>(what, true, replyTo, done(body), then));
  }

  private static Supplier<Done> done(Runnable body) {
    return () -> {
      body.run();
      return Done.getInstance();
    };
  }

  private Behavior<Object> enqueue(Job<?> job) {
    waiting.add(job);
    serveNext();
    return this;
  }

  private void serveNext() {
    Iterator<Job<?>> jobs = waiting.iterator();
    while (!busy && jobs.hasNext()) {
      Job<?> job = jobs.next();
      if (held && !job.ofNode()) {
        continue;
      }
      jobs.remove();
      busy = true;
      ActorRef<Object> self = getContext().getSelf();
      if (!start(job, self::tell)) {
        busy = false;
      }
    }
  }

  /** Has it done on a driver's thread, where the reply is sent too; false when it cannot be. */
  private <T> boolean start(Job<T> job, Consumer<Finished> ended) {
    try {
      drivers.execute(() -> run(job, ended));
      return true;
    } catch (RuntimeException e) {
      job.fail(
          new BlockException(
              ErrorCode.CLOSED, "the engine of node '" + node + "' is shutting down", e));
      return false;
    }
  }

  /**
   * What follows is settled before the answer, so that it holds for whatever the asker sends next.
   */
  private <T> void run(Job<T> job, Consumer<Finished> ended) {
    T value;
    try {
      value = job.body().get();
    } catch (RuntimeException | Error e) {
      ended.accept(job.then() == Finished.RELEASE ? Finished.RELEASE : Finished.SERVE_NEXT);
      job.fail(explained(job.what(), e));
      return;
    }
    ended.accept(job.then());
    job.replyTo().tell(StatusReply.success(value));
  }

  private BlockException explained(String what, Throwable cause) {
    if (!(cause instanceof BlockException known)) {
      return new BlockException(
          ErrorCode.INTERNAL,
          what + " bitmaps of node '" + node + "' failed with " + cause + "; this is a defect",
          cause);
    }
    if (String.valueOf(known.getMessage()).contains("'" + node + "'")) {
      return known;
    }
    return new BlockException(known.code(), "node '" + node + "': " + known.getMessage(), known);
  }
}
