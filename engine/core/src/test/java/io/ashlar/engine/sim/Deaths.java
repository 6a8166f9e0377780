package io.ashlar.engine.sim;

import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.sim.History.Death;
import java.util.ArrayList;
import java.util.List;

/** Lets actors die at messages: counts those to all actors that take part in a change. */
final class Deaths implements Around {
  /** A death that happened. */
  record Died(Kind kind, String name, String message, boolean stop) {}

  private final Sim sim;
  private final List<Died> died = new ArrayList<>();
  private List<Death> plan = List.of();
  private int messages;

  Deaths(Sim sim) {
    this.sim = sim;
  }

  /** From now on these; counting starts anew. */
  void plan(List<Death> next) {
    plan = next;
    messages = 0;
    died.clear();
  }

  void stop() {
    plan = List.of();
  }

  List<Died> died() {
    return died;
  }

  /** Messages since the plan was made. */
  int messages() {
    return messages;
  }

  @Override
  public <T> Behavior<T> actor(Kind kind, String name, Behavior<T> behavior) {
    return Behaviors.intercept(() -> new Watch<T>(kind, name), behavior);
  }

  private final class Watch<T> extends BehaviorInterceptor<T, T> {
    private final Kind kind;
    private final String name;

    @SuppressWarnings("unchecked")
    Watch(Kind kind, String name) {
      super((Class<T>) Object.class);
      this.kind = kind;
      this.name = name;
    }

    @Override
    public Behavior<T> aroundReceive(
        TypedActorContext<T> context, T message, ReceiveTarget<T> target) {
      messages++;
      for (Death death : plan) {
        if (death.at() == messages) {
          died.add(new Died(kind, name, message.getClass().getSimpleName(), death.stop()));
          if (sim.noting()) {
            sim.note("dies at message " + messages + ": " + died.get(died.size() - 1));
          }
          if (death.stop()) {
            return Behaviors.stopped();
          }
          throw new IllegalStateException("injected: " + kind + " " + name + " dies");
        }
      }
      return target.apply(context, message);
    }
  }
}
