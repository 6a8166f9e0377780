package io.ashlar.engine.facade;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import com.typesafe.config.Config;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.control.GraphCommand;
import io.ashlar.engine.facade.EngineParts.Changes;
import io.ashlar.engine.facade.EngineParts.Ground;
import io.ashlar.engine.facade.EngineParts.Root;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.option.Drivers;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
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
    FileIo files = fileIo == null ? new LinuxFileIo() : fileIo;
    DriverRegistry found =
        DriverRegistry.load(EngineBuilder.class.getClassLoader(), settings.plugins());
    EngineParts parts =
        new EngineParts(
            settings,
            new Ground(waits, clock, files, EngineJournals.here(files), threads.pools()),
            new Changes(around, rules),
            drivers.apply(found),
            this::startSystem);
    return new EngineInstance(settings, threads, found, parts);
  }

  private Root startSystem(Behavior<GraphCommand> guardian) {
    ActorSystem<GraphCommand> system =
        ActorSystem.create(guardian, "ashlar-" + settings.name(), settings.akka());
    return new Root(system, system);
  }
}
