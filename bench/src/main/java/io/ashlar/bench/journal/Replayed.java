package io.ashlar.bench.journal;

import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.SignalHandler;
import io.ashlar.engine.journal.akka.JournalFiles;
import java.util.Collections;
import java.util.function.IntConsumer;

/** A persistent actor that counts its events. A command persists that many more. */
final class Replayed extends EventSourcedBehavior<Integer, String, Integer> {
  private static final String EVENT = "a small event of about forty characters";

  private final IntConsumer recovered;
  private final IntConsumer persisted;

  /**
   * The actor.
   *
   * @param recovered hears how many events were recovered
   * @param persisted hears the count after each command
   */
  Replayed(IntConsumer recovered, IntConsumer persisted) {
    super(PersistenceId.ofUniqueId("replayed"));
    this.recovered = recovered;
    this.persisted = persisted;
  }

  @Override
  public String journalPluginId() {
    return JournalFiles.JOURNAL_PLUGIN;
  }

  @Override
  public String snapshotPluginId() {
    return JournalFiles.SNAPSHOT_PLUGIN;
  }

  @Override
  public Integer emptyState() {
    return 0;
  }

  @Override
  public CommandHandler<Integer, String, Integer> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onAnyCommand(
            (state, events) ->
                Effect().persist(Collections.nCopies(events, EVENT)).thenRun(persisted::accept));
  }

  @Override
  public EventHandler<Integer, String> eventHandler() {
    return newEventHandlerBuilder().forAnyState().onAnyEvent((state, event) -> state + 1);
  }

  @Override
  public SignalHandler<Integer> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), recovered::accept)
        .build();
  }
}
