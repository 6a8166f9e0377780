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
import io.ashlar.engine.control.GraphActor;
import io.ashlar.engine.control.GraphCommand;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.graph.SharedObjects;
import io.ashlar.engine.job.JobRegistry;
import io.ashlar.engine.journal.Origin;
import io.ashlar.engine.option.Drivers;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.Waits;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
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

  private final GraphControl control;
  private final GraphFacade graph;
  private final BitmapsFacade bitmaps;
  private final JobRegistry jobs;
  private final ActorRef<GraphCommand> actor;

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
    EngineSettings settings = EngineSettings.from(DIFFERING);
    EventHub events = new EventHub(settings.eventQueue());
    events.subscribe(Runnable::run, hears);
    BiConsumer<String, NodeEvent> nodeEvents =
        (node, event) -> events.publish(new Event.FromNode(node, event));
    NodeServices services =
        new NodeServices(
            waits,
            clock,
            files,
            new SharedObjects(waits),
            pools.apply("drivers"),
            settings.latencies(),
            nodeEvents,
            Around.NOTHING,
            ChangeRules.SOUND,
            EngineJournals.create(
                settings.journals(),
                waits,
                clock,
                files,
                pools.apply("journals"),
                ORIGIN,
                () -> system,
                nodeEvents));
    GraphRuntime runtime = new GraphRuntime();
    actor =
        system.systemActorOf(
            GraphActor.create(runtime, services, settings.graph(), pools.apply("control")),
            name,
            Props.empty());
    control = new GraphControl(actor, system.scheduler(), runtime, services);
    Replies replies = new Replies(pools.apply("callbacks"), settings.timeOut());
    OptionChecker checker = new OptionChecker(drivers());
    jobs = new JobRegistry(control, checker, pools.apply("jobs"), events::publish, replies::reply);
    graph = new GraphFacade(control, checker, replies, events);
    bitmaps = new BitmapsFacade(control, replies);
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
    return graph;
  }

  /** The bitmaps. */
  public Bitmaps bitmaps() {
    return bitmaps;
  }

  /** The jobs. */
  public Jobs jobs() {
    return jobs;
  }

  /** The control plane. */
  public GraphControl control() {
    return control;
  }

  /** What {@code close} does first. */
  public CompletionStage<?> removeAll() {
    return graph.removeAll();
  }

  /** The actor that everything hangs on. */
  public ActorRef<?> actor() {
    return actor;
  }
}
