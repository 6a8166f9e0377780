package io.ashlar.engine.graph;

import akka.actor.typed.Behavior;

/**
 * Stands between each actor that takes part in a change and its messages. The engine's own leaves
 * actors as they are; a test puts one in that lets them die, or breaks a rule, at a message it
 * chooses. It is inside supervision, so that what it throws is what the actor threw.
 */
public interface Around {
  /** Actors as they are. */
  Around NOTHING =
      new Around() {
        @Override
        public <T> Behavior<T> actor(Kind kind, String name, Behavior<T> behavior) {
          return behavior;
        }
      };

  /** What an actor is. */
  enum Kind {
    NODE,
    BITMAPS,
    TRANSACTION
  }

  /**
   * The behavior that runs in place of an actor's own; called once for each start of an actor.
   *
   * @param name the node's name, or what the transaction is for
   */
  <T> Behavior<T> actor(Kind kind, String name, Behavior<T> behavior);
}
