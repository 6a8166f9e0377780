package io.ashlar.engine.facade;

import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import io.ashlar.engine.api.Ashlar;
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
import io.ashlar.engine.option.Drivers;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/** Builds an engine; tests replace waits, clock and files. */
public final class EngineBuilder {
  private final EngineSettings settings;
  private Waits waits = SystemWaits.INSTANCE;
  private Clock clock = SystemClock.INSTANCE;
  private FileIo fileIo;
  private Around around = Around.NOTHING;
  private ChangeRules rules = ChangeRules.SOUND;
  private UnaryOperator<Drivers> drivers = UnaryOperator.identity();

  /** An engine with these settings over {@code reference.conf}. */
  public EngineBuilder(Config differing) {
    settings = EngineSettings.from(differing);
  }

  /** What the engine and its drivers wait through. */
  public EngineBuilder waits(Waits value) {
    waits = value;
    return this;
  }

  /** Time. */
  public EngineBuilder clock(Clock value) {
    clock = value;
    return this;
  }

  /** Files. */
  public EngineBuilder fileIo(FileIo value) {
    fileIo = value;
    return this;
  }

  /** What stands around the actors that take part in changes. */
  public EngineBuilder around(Around value) {
    around = value;
    return this;
  }

  /** The rules of changes. */
  public EngineBuilder rules(ChangeRules value) {
    rules = value;
    return this;
  }

  /** Drivers as they are checked and opened; made of those that were found. */
  public EngineBuilder drivers(UnaryOperator<Drivers> value) {
    drivers = value;
    return this;
  }

  /** Starts it. */
  public Ashlar start() {
    EngineThreads threads =
        new EngineThreads(
            settings.name(),
            settings.driverThreads(),
            settings.jobThreads(),
            settings.journalThreads());
    EventHub events = new EventHub(settings.eventQueue());
    FileIo files = fileIo == null ? new LinuxFileIo() : fileIo;
    BiConsumer<String, NodeEvent> nodeEvents =
        (node, event) -> events.publish(new Event.FromNode(node, event));
    AtomicReference<ActorSystem<?>> started = new AtomicReference<>();
    NodeServices services =
        new NodeServices(
            waits,
            clock,
            files,
            new SharedObjects(waits),
            threads.drivers(),
            settings.latencies(),
            nodeEvents,
            around,
            rules,
            EngineJournals.create(
                settings.journals(),
                waits,
                clock,
                files,
                threads.journals(),
                EngineJournals.here(files),
                started::get,
                nodeEvents));
    GraphRuntime runtime = new GraphRuntime();
    DriverRegistry found =
        DriverRegistry.load(EngineBuilder.class.getClassLoader(), settings.plugins());
    ActorSystem<GraphCommand> system =
        ActorSystem.create(
            GraphActor.create(runtime, services, settings.graph(), threads.control()),
            "ashlar-" + settings.name(),
            settings.akka());
    started.set(system);
    GraphControl control = new GraphControl(system, system.scheduler(), runtime, services);
    Replies replies = new Replies(threads.callbacks(), settings.timeOut());
    OptionChecker checker = new OptionChecker(drivers.apply(found));
    JobRegistry jobs =
        new JobRegistry(control, checker, threads.jobs(), events::publish, replies::reply);
    return new EngineInstance(
        settings,
        system,
        threads,
        found,
        control,
        new GraphFacade(control, checker, replies, events),
        new BitmapsFacade(control, replies),
        jobs,
        events,
        replies);
  }
}
