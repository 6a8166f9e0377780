package io.ashlar.engine.facade;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import io.ashlar.engine.api.Event;
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
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.Waits;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * What an engine is made of, put together in the one order that works. It starts its actors and
 * owns neither their system nor its threads.
 */
final class EngineParts {
  /** An executor for each kind of work; a task never waits for a task of its own kind. */
  record Pools(
      Executor drivers, Executor control, Executor jobs, Executor journals, Executor callbacks) {}

  /**
   * What an engine stands on.
   *
   * @param origin names this process in the records that it writes
   */
  record Ground(Waits waits, Clock clock, FileIo files, Origin origin, Pools pools) {}

  /** What differs in tests of changes. */
  record Changes(Around around, ChangeRules rules) {
    static final Changes SOUND = new Changes(Around.NOTHING, ChangeRules.SOUND);
  }

  /** The actor that everything hangs on, and the system that it lives in. */
  record Root(ActorRef<GraphCommand> actor, ActorSystem<?> system) {}

  private final ActorSystem<?> system;
  private final GraphControl control;
  private final GraphFacade graph;
  private final BitmapsFacade bitmaps;
  private final JobRegistry jobs;
  private final EventHub events;
  private final Replies replies;

  /**
   * Puts them together.
   *
   * @param drivers as they are checked and opened
   * @param starts starts the actor with this behaviour
   */
  EngineParts(
      EngineSettings settings,
      Ground ground,
      Changes changes,
      Drivers drivers,
      Function<Behavior<GraphCommand>, Root> starts) {
    Pools pools = ground.pools();
    EventHub hub = new EventHub(settings.eventQueue());
    BiConsumer<String, NodeEvent> nodeEvents =
        (node, event) -> hub.publish(new Event.FromNode(node, event));
    AtomicReference<ActorSystem<?>> started = new AtomicReference<>();
    NodeServices services =
        new NodeServices(
            ground.waits(),
            ground.clock(),
            ground.files(),
            new SharedObjects(ground.waits()),
            pools.drivers(),
            settings.latencies(),
            nodeEvents,
            changes.around(),
            changes.rules(),
            EngineJournals.create(settings.journals(), ground, started::get, nodeEvents));
    GraphRuntime runtime = new GraphRuntime();
    Root root =
        starts.apply(GraphActor.create(runtime, services, settings.graph(), pools.control()));
    started.set(root.system());
    system = root.system();
    events = hub;
    control = new GraphControl(root.actor(), system.scheduler(), runtime, services);
    replies = new Replies(pools.callbacks(), settings.timeOut());
    OptionChecker checker = new OptionChecker(drivers);
    jobs = new JobRegistry(control, checker, pools.jobs(), hub::publish, replies::reply);
    graph = new GraphFacade(control, checker, replies, hub);
    bitmaps = new BitmapsFacade(control, replies);
  }

  ActorSystem<?> system() {
    return system;
  }

  GraphControl control() {
    return control;
  }

  GraphFacade graph() {
    return graph;
  }

  BitmapsFacade bitmaps() {
    return bitmaps;
  }

  JobRegistry jobs() {
    return jobs;
  }

  EventHub events() {
    return events;
  }

  Replies replies() {
    return replies;
  }
}
