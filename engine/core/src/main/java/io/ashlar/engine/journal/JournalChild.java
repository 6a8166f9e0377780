package io.ashlar.engine.journal;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;

/**
 * The journals among the children of a node's bitmap directory, for that directory's actor: it
 * hands every {@link Message} to {@link #on}.
 */
public final class JournalChild {
  private final ActorContext<Object> context;
  private int started;

  /** Messages to the directory's actor. */
  public sealed interface Message {}

  /**
   * Start this child and watch it.
   *
   * @param child gets it
   * @param ended is told when the child has ended, however it did
   */
  record Start(
      Behavior<BitmapJournal.Command> behavior,
      Answer<ActorRef<BitmapJournal.Command>> child,
      Runnable ended)
      implements Message {}

  /** A child has ended. */
  record Ended(Runnable heard) implements Message {}

  /** Sends to the directory's actor; any thread. */
  @FunctionalInterface
  public interface Host {
    /** Sends. */
    void tell(Message message);
  }

  /** For the actor of that context. */
  public JournalChild(ActorContext<Object> context) {
    this.context = context;
  }

  /** On the actor's thread. */
  public void on(Message message) {
    if (message instanceof Start start) {
      ActorRef<BitmapJournal.Command> child =
          context.spawn(start.behavior(), "journal-" + ++started);
      context.watchWith(child, new Ended(start.ended()));
      start.child().give(child);
    } else if (message instanceof Ended ended) {
      ended.heard().run();
    }
  }
}
