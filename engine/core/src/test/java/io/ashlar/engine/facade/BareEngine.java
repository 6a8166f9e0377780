package io.ashlar.engine.facade;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockGraph;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Jobs;
import io.ashlar.engine.control.GraphCommand;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.facade.EngineParts.Changes;
import io.ashlar.engine.facade.EngineParts.Ground;
import io.ashlar.engine.facade.EngineParts.Pools;
import io.ashlar.engine.facade.EngineParts.Root;
import io.ashlar.engine.journal.Origin;
import io.ashlar.engine.option.Drivers;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.Waits;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * An engine as {@link EngineBuilder} puts it together, but with actors in a system that others use
 * too and with threads of the caller's.
 */
public final class BareEngine {
  private static final Config DIFFERING = ConfigFactory.empty();

  /** The same in each JVM, so that files that a seed makes are the same byte for byte. */
  private static final Origin ORIGIN = new Origin("simulated", 1, "nobody");

  private static DriverRegistry drivers;

  private final EngineParts parts;
  private ActorRef<GraphCommand> actor;

  /**
   * Starts one.
   *
   * @param pools an executor for each kind of work
   * @param hears every event
   */
  public BareEngine(
      String name,
      ActorSystem<?> system,
      Waits waits,
      Clock clock,
      FileIo files,
      Function<String, Executor> pools,
      Consumer<Event> hears) {
    parts =
        new EngineParts(
            EngineSettings.from(DIFFERING),
            new Ground(waits, clock, files, ORIGIN, pools(pools)),
            Changes.SOUND,
            drivers(),
            behavior -> {
              actor = system.systemActorOf(behavior, name, Props.empty());
              return new Root(actor, system);
            });
    parts.events().subscribe(Runnable::run, hears);
  }

  private static Pools pools(Function<String, Executor> named) {
    return new Pools(
        named.apply("drivers"),
        named.apply("control"),
        named.apply("jobs"),
        named.apply("journals"),
        named.apply("callbacks"));
  }

  private static Drivers drivers() {
    if (drivers == null) {
      drivers = DriverRegistry.load(BareEngine.class.getClassLoader(), List.of());
    }
    return drivers;
  }

  /** The actor system's settings as an engine has them. */
  public static Config akka() {
    return EngineSettings.from(DIFFERING).akka();
  }

  /** The nodes. */
  public BlockGraph graph() {
    return parts.graph();
  }

  /** The bitmaps. */
  public Bitmaps bitmaps() {
    return parts.bitmaps();
  }

  /** The jobs. */
  public Jobs jobs() {
    return parts.jobs();
  }

  /** The control plane. */
  public GraphControl control() {
    return parts.control();
  }

  /** What {@code close} does first. */
  public CompletionStage<?> removeAll() {
    return parts.graph().removeAll();
  }

  /** The actor that everything hangs on. */
  public ActorRef<?> actor() {
    return actor;
  }
}
