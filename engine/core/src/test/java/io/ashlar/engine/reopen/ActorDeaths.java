package io.ashlar.engine.reopen;

import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.NodeCommand;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** Lets one actor die at a message that is chosen. */
final class ActorDeaths implements Around {
  /** How it dies. */
  enum Death {
    /** It throws instead of doing what the message says. */
    THROWS,
    /** It stops instead. */
    STOPS,
    /** It does what the message says and stops. */
    STOPS_AFTER
  }

  /**
   * A message to an actor.
   *
   * @param number counts equal ones since the last {@link #clear}
   */
  record Spot(Kind kind, String name, String message, int number) {}

  private final List<Spot> spots = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> numbers = new ConcurrentHashMap<>();
  private final Map<String, Integer> starts = new ConcurrentHashMap<>();
  private volatile Spot chosen;
  private volatile int startsBefore;
  private volatile boolean died;
  private volatile Death death;

  void clear() {
    chosen = null;
    spots.clear();
    numbers.clear();
  }

  void choose(Spot spot, Death how) {
    clear();
    startsBefore = starts.getOrDefault(spot.name(), 0);
    died = false;
    death = how;
    chosen = spot;
  }

  /** Waits until another actor serves the node whose actor has died, if one has. */
  void awaitReplaced() {
    Spot spot = chosen;
    if (!died || spot == null || spot.kind() == Kind.TRANSACTION) {
      return;
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (starts.get(spot.name()) <= startsBefore) {
      if (System.nanoTime() > end) {
        throw new AssertionError("nobody took the place of the actor that died at " + spot);
      }
      Thread.onSpinWait();
    }
  }

  List<Spot> spots() {
    return List.copyOf(spots);
  }

  @Override
  public <T> Behavior<T> actor(Kind kind, String name, Behavior<T> behavior) {
    if (kind == Kind.NODE) {
      starts.merge(name, 1, Integer::sum);
    }
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
      if (message instanceof NodeCommand.ForBitmaps) {
        return target.apply(context, message);
      }
      String what = message.getClass().getSimpleName();
      if (message instanceof NodeCommand.PrepareReopen prepare) {
        what += " " + prepare.pass();
      }
      Spot spot =
          new Spot(
              kind, name, what, numbers.merge(kind + " " + name + " " + what, 1, Integer::sum));
      spots.add(spot);
      if (!spot.equals(chosen)) {
        return target.apply(context, message);
      }
      died = true;
      return switch (death) {
        case THROWS -> throw new IllegalStateException("injected at " + spot);
        case STOPS -> Behaviors.stopped();
        case STOPS_AFTER -> {
          target.apply(context, message);
          yield Behaviors.stopped();
        }
      };
    }
  }
}
