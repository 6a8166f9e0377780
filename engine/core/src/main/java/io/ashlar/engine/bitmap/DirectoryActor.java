package io.ashlar.engine.bitmap;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.pattern.StatusReply;
import io.ashlar.engine.bitmap.DirectoryQueue.Finished;
import io.ashlar.engine.journal.JournalChild;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Takes the messages of a node's bitmap directory and has them done, one at a time and in their
 * order, on the drivers' threads. Queries are answered beside that from the last published state.
 * While a change of the node is undecided, other changes wait.
 */
final class DirectoryActor extends AbstractBehavior<Object> {
  private final NodeBitmaps bitmaps;
  private final DirectoryQueue queue;
  private final BitmapChanges changes;
  private final JobHolds holds;
  private final NodeTransitions transitions;
  private final JournalChild journal;
  private final Activity activity;
  private final Stages stages;
  private final ExportHolds exports;
  private final Pace pace;

  static Behavior<BitmapCommand> create(String node, NodeBitmaps bitmaps, Executor drivers) {
    return Behaviors.<Object>setup(
            context ->
                Behaviors.withTimers(
                    timers -> new DirectoryActor(context, timers, node, bitmaps, drivers)))
        .narrow();
  }

  private DirectoryActor(
      ActorContext<Object> context,
      TimerScheduler<Object> timers,
      String node,
      NodeBitmaps bitmaps,
      Executor drivers) {
    super(context);
    pace = new Pace(timers, bitmaps, drivers);
    this.bitmaps = bitmaps;
    queue = new DirectoryQueue(node, bitmaps, drivers, context.getSelf()::tell);
    Desk desk = new Desk(node, bitmaps);
    journal = new JournalChild(context);
    bitmaps.log().hostedBy(context.getSelf()::tell);
    changes = new BitmapChanges(desk);
    holds = new JobHolds(desk);
    transitions = new NodeTransitions(desk);
    activity = new Activity(desk);
    stages = new Stages(desk);
    exports = new ExportHolds(desk);
    bitmaps.pacedBy(() -> context.getSelf().tell(Pace.START));
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(BitmapCommand.Load.class, this::onLoad)
        .onMessage(BitmapCommand.Seal.class, this::onSeal)
        .onMessage(BitmapCommand.SealIdle.class, this::onSealIdle)
        .onMessage(BitmapCommand.GaveUp.class, this::onGaveUp)
        .onMessage(BitmapCommand.ArmThrough.class, this::onArmThrough)
        .onMessage(BitmapCommand.DisarmThrough.class, this::onDisarmThrough)
        .onMessage(BitmapCommand.Became.class, this::onBecame)
        .onMessage(BitmapCommand.Activate.class, this::onActivate)
        .onMessage(BitmapCommand.StaysInactive.class, this::onStaysInactive)
        .onMessage(BitmapCommand.Inactivated.class, this::onInactivated)
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
        .onMessage(BitmapCommand.Hold.class, this::onHold)
        .onMessage(BitmapCommand.Release.class, this::onRelease)
        .onMessage(BitmapCommand.Stage.class, this::onStage)
        .onMessage(BitmapCommand.PrepareStaged.class, this::onPrepareStaged)
        .onMessage(BitmapCommand.CommitStaged.class, this::onCommitStaged)
        .onMessage(BitmapCommand.AbortStaged.class, this::onAbortStaged)
        .onMessage(JournalChild.Message.class, this::onJournal)
        .onMessage(Pace.Message.class, this::onPace)
        .onMessage(Finished.class, this::onFinished)
        .onSignal(PostStop.class, signal -> onStop())
        .build();
  }

  private Behavior<Object> onLoad(BitmapCommand.Load m) {
    return ofNode(
        "loading",
        m.replyTo(),
        () -> transitions.load(m.store(), m.flush(), m.writable(), m.length()),
        Finished.RELEASE);
  }

  private Behavior<Object> onSeal(BitmapCommand.Seal m) {
    return ofNode(
        "storing", m.replyTo(), transitions::seal, m.hold() ? Finished.HOLD : Finished.SERVE_NEXT);
  }

  private Behavior<Object> onSealIdle(BitmapCommand.SealIdle m) {
    return submit("storing", m.replyTo(), () -> transitions.sealIdle(m.flush()));
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

  private Behavior<Object> onActivate(BitmapCommand.Activate m) {
    return ofNode(
        "activating",
        m.replyTo(),
        () -> activity.activate(m.staged(), m.flush(), m.writable(), m.length()),
        Finished.HOLD);
  }

  private Behavior<Object> onStaysInactive(BitmapCommand.StaysInactive m) {
    return ofNode("activating", m.replyTo(), () -> activity.stays(m.staged()), Finished.RELEASE);
  }

  private Behavior<Object> onInactivated(BitmapCommand.Inactivated m) {
    return ofNode("inactivating", m.replyTo(), activity::inactivated, Finished.RELEASE);
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
    return work("merging", m.replyTo(), () -> changes.merge(m.target(), m.sources(), m.names()));
  }

  private Behavior<Object> onFreeze(BitmapCommand.Freeze m) {
    queue.add(
        "freezing",
        true,
        m.replyTo(),
        () -> changes.freeze(m.name(), m.owner(), m.keeps()),
        Finished.SERVE_NEXT);
    return this;
  }

  private Behavior<Object> onThaw(BitmapCommand.Thaw m) {
    return ofNode(
        "thawing",
        m.replyTo(),
        () -> holds.thaw(m.name(), m.replace(), m.uncopied()),
        Finished.SERVE_NEXT);
  }

  private Behavior<Object> onSnapshot(BitmapCommand.Snapshot m) {
    queue.aside("copying", m.replyTo(), () -> changes.snapshot(m.name(), m.free()));
    return this;
  }

  private Behavior<Object> onDescribe(BitmapCommand.Describe m) {
    queue.aside("listing", m.replyTo(), bitmaps::infos);
    return this;
  }

  private Behavior<Object> onHold(BitmapCommand.Hold m) {
    return work("holding", m.replyTo(), () -> exports.hold(m.name(), m.owner()));
  }

  private Behavior<Object> onRelease(BitmapCommand.Release m) {
    return ofNode(
        "releasing", m.replyTo(), () -> exports.release(m.name(), m.owner()), Finished.SERVE_NEXT);
  }

  private Behavior<Object> onStage(BitmapCommand.Stage m) {
    queue.add("a transaction", true, m.replyTo(), () -> stages.begin(m.by()), Finished.STAGE);
    return this;
  }

  private Behavior<Object> onPrepareStaged(BitmapCommand.PrepareStaged m) {
    return ofNode(
        "a transaction", m.replyTo(), () -> stages.prepare(m.staged()), Finished.SERVE_NEXT);
  }

  private Behavior<Object> onCommitStaged(BitmapCommand.CommitStaged m) {
    return ofNode("a transaction", m.replyTo(), () -> stages.commit(m.staged()), Finished.UNSTAGE);
  }

  private Behavior<Object> onAbortStaged(BitmapCommand.AbortStaged m) {
    return ofNode("a transaction", m.replyTo(), () -> stages.abort(m.staged()), Finished.UNSTAGE);
  }

  private Behavior<Object> onJournal(JournalChild.Message message) {
    journal.on(message);
    return this;
  }

  private Behavior<Object> onPace(Pace.Message message) {
    if (pace.on(message)) {
      queue.add(
          "capturing",
          false,
          getContext().getSystem().<StatusReply<Done>>ignoreRef(),
          done(bitmaps::capture),
          Finished.SERVE_NEXT);
    }
    return this;
  }

  private Behavior<Object> onFinished(Finished how) {
    queue.finished(how);
    return this;
  }

  private Behavior<Object> onStop() {
    queue.close();
    return this;
  }

  private Behavior<Object> work(String what, ActorRef<StatusReply<Done>> replyTo, Runnable body) {
    return submit(what, replyTo, done(body));
  }

  private <T> Behavior<Object> submit(
      String what, ActorRef<StatusReply<T>> replyTo, Supplier<T> body) {
    queue.add(what, false, replyTo, body, Finished.SERVE_NEXT);
    return this;
  }

  private Behavior<Object> ofNode(
      String what, ActorRef<StatusReply<Done>> replyTo, Runnable body, Finished then) {
    queue.add(what, true, replyTo, done(body), then);
    return this;
  }

  private static Supplier<Done> done(Runnable body) {
    return () -> {
      body.run();
      return Done.getInstance();
    };
  }
}
