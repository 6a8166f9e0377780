package io.ashlar.engine.journal;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.DeleteEventsCompleted;
import akka.persistence.typed.DeleteEventsFailed;
import akka.persistence.typed.DeleteSnapshotsCompleted;
import akka.persistence.typed.DeleteSnapshotsFailed;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.SnapshotCompleted;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The actor that keeps the lifecycle of one image's bitmaps: a child of the node's bitmap
 * directory. It ends at the first event that it cannot keep, and its end is how the directory
 * learns that there is no journal any more.
 */
public final class BitmapJournal
    extends EventSourcedBehavior<BitmapJournal.Command, LifecycleEvent, JournalState> {
  /** Events after which the state is written out and they are forgotten. */
  private static final int SNAPSHOT_EVERY = 1_000;

  /** Longest that an event which nobody waits for stays in memory. */
  private static final Duration SOON = Duration.ofMillis(200);

  private final JournalPlugins plugins;
  private final Answer<JournalState> recovered;
  private final Runnable stopped;
  private final ActorRef<Command> self;
  private final TimerScheduler<Command> timers;

  /** To be kept with the next ones. */
  private final List<LifecycleEvent> soon = new ArrayList<>();

  /** Events and snapshots that a new snapshot made superfluous are being forgotten. */
  private boolean forgetting;

  /** What waits for the end of that. */
  private final List<Command> afterwards = new ArrayList<>();

  /** The messages of this actor; its sender is in the same process. */
  public sealed interface Command {}

  /** Keep these events, all or none, and say so. */
  record Keep(List<LifecycleEvent> events, Answer<JournalState> kept) implements Command {}

  /** Keep these events together with the next ones, or in a moment. Nobody hears of it. */
  record KeepSoon(List<LifecycleEvent> events) implements Command {}

  /** The moment is over. */
  private record Now() implements Command {}

  /** Keep what was to be kept soon, do nothing more by yourself, and say so. */
  record Rest(Answer<JournalState> resting) implements Command {}

  /**
   * End when everything before is kept.
   *
   * @param inOrder is told that it was; an actor that dies before that does not say so
   */
  record End(Runnable inOrder) implements Command {}

  private BitmapJournal(
      String persistenceId,
      JournalPlugins plugins,
      Answer<JournalState> recovered,
      Runnable stopped,
      ActorRef<Command> self,
      TimerScheduler<Command> timers) {
    super(PersistenceId.ofUniqueId(persistenceId));
    this.plugins = plugins;
    this.recovered = recovered;
    this.stopped = stopped;
    this.self = self;
    this.timers = timers;
  }

  /**
   * A journal actor.
   *
   * @param persistenceId whose events it keeps
   * @param recovered gets the state when all events so far are read
   * @param stopped is told of an orderly end; one by a failure is the parent's to see
   */
  static Behavior<Command> create(
      String persistenceId,
      JournalPlugins plugins,
      Answer<JournalState> recovered,
      Runnable stopped) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new BitmapJournal(
                        persistenceId, plugins, recovered, stopped, context.getSelf(), timers)));
  }

  @Override
  public String journalPluginId() {
    return plugins.journal();
  }

  @Override
  public String snapshotPluginId() {
    return plugins.snapshots();
  }

  @Override
  public JournalState emptyState() {
    return JournalState.EMPTY;
  }

  @Override
  public CommandHandler<Command, LifecycleEvent, JournalState> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(
            Keep.class,
            keep -> Effect().persist(with(keep.events())).thenRun(state -> keep.kept().give(state)))
        .onCommand(KeepSoon.class, this::keepSoon)
        .onCommand(Now.class, now -> Effect().persist(with(List.of())))
        .onCommand(Rest.class, this::rest)
        .onCommand(End.class, this::end)
        .build();
  }

  private Effect<LifecycleEvent, JournalState> keepSoon(KeepSoon keep) {
    soon.addAll(keep.events());
    timers.startSingleTimer(new Now(), SOON);
    return Effect().none();
  }

  private Effect<LifecycleEvent, JournalState> rest(Rest rest) {
    if (forgetting) {
      afterwards.add(rest);
      return Effect().none();
    }
    return Effect()
        .persist(with(List.of()))
        .thenRun(
            state -> {
              if (forgetting) {
                afterwards.add(rest);
              } else {
                rest.resting().give(state);
              }
            });
  }

  private Effect<LifecycleEvent, JournalState> end(End end) {
    if (forgetting) {
      afterwards.add(end);
      return Effect().none();
    }
    if (soon.isEmpty()) {
      return Effect().none().thenRun(end.inOrder()::run).thenStop();
    }
    return Effect().persist(with(List.of())).thenRun(state -> self.tell(end));
  }

  private List<LifecycleEvent> with(List<LifecycleEvent> events) {
    List<LifecycleEvent> all = new ArrayList<>(soon);
    all.addAll(events);
    soon.clear();
    timers.cancelAll();
    return all;
  }

  /** A snapshot is there; Akka forgets what it keeps no longer, first events, then snapshots. */
  private void tidied(SnapshotCompleted snapshot) {
    forgetting = snapshot.getSnapshotMetadata().sequenceNr() > SNAPSHOT_EVERY;
  }

  /** Snapshots up to the event before go next, if there is such an event. */
  private void eventsForgotten(DeleteEventsCompleted events) {
    if (events.getToSequenceNr() <= 1) {
      forgotten();
    }
  }

  private void forgotten() {
    forgetting = false;
    afterwards.forEach(self::tell);
    afterwards.clear();
  }

  @Override
  public EventHandler<JournalState, LifecycleEvent> eventHandler() {
    return newEventHandlerBuilder().forAnyState().onAnyEvent(JournalState::after);
  }

  @Override
  public SignalHandler<JournalState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (state, signal) -> recovered.give(state))
        .onSignal(SnapshotCompleted.class, (state, signal) -> tidied(signal))
        .onSignal(DeleteEventsCompleted.class, (state, signal) -> eventsForgotten(signal))
        .onSignal(DeleteEventsFailed.class, (state, signal) -> forgotten())
        .onSignal(DeleteSnapshotsFailed.class, (state, signal) -> forgotten())
        .onSignal(DeleteSnapshotsCompleted.class, (state, signal) -> forgotten())
        .onSignal(PostStop.instance(), state -> stopped.run())
        .build();
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 1).withDeleteEventsOnSnapshot();
  }
}
