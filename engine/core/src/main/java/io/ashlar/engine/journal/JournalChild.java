package io.ashlar.engine.journal;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;

/**
 * What a node's bitmap directory does for its journal: it is the parent of the actor. All calls are
 * messages to it.
 */
public final class JournalChild {
  private JournalChild() {}

  /** Messages to the directory's actor. */
  public sealed interface Message {}

  /**
   * Start this child and watch it.
   *
   * @param started gets the child
   * @param ended is told when the child has ended, however it did
   */
  public record Start(
      Behavior<BitmapJournal.Command> behavior,
      Answer<ActorRef<BitmapJournal.Command>> started,
      Runnable ended)
      implements Message {}

  /** A child has ended. */
  public record Ended(Runnable heard) implements Message {}

  /** Sends to the directory's actor; any thread. */
  @FunctionalInterface
  public interface Host {
    /** Sends. */
    void tell(Message message);
  }
}
