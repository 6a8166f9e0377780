package io.ashlar.engine.journal;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
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

  private final JournalPlugins plugins;
  private final Answer<JournalState> recovered;
  private final Runnable stopped;

  /** The messages of this actor; its sender is in the same process. */
  public sealed interface Command {}

  /** Keep these events, all or none, and say so. */
  record Keep(List<LifecycleEvent> events, Answer<JournalState> kept) implements Command {}

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
      Runnable stopped) {
    super(PersistenceId.ofUniqueId(persistenceId));
    this.plugins = plugins;
    this.recovered = recovered;
    this.stopped = stopped;
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
    return new BitmapJournal(persistenceId, plugins, recovered, stopped);
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
            keep -> Effect().persist(keep.events()).thenRun(state -> keep.kept().give(state)))
        .onCommand(End.class, end -> Effect().none().thenRun(end.inOrder()::run).thenStop())
        .build();
  }

  @Override
  public EventHandler<JournalState, LifecycleEvent> eventHandler() {
    return newEventHandlerBuilder().forAnyState().onAnyEvent(JournalState::after);
  }

  @Override
  public SignalHandler<JournalState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (state, signal) -> recovered.give(state))
        .onSignal(PostStop.instance(), state -> stopped.run())
        .build();
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 1).withDeleteEventsOnSnapshot();
  }
}
