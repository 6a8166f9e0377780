package io.ashlar.engine.sim;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.control.GraphActor;
import io.ashlar.engine.control.GraphCommand;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.control.GraphSettings;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.graph.SharedObjects;
import io.ashlar.engine.journal.JournalServices;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.LoggerFactory;

/** The engine's control plane under the baton; one actor system serves all runs of a JVM. */
final class SimEngine {
  /** How long requests may take to leave. */
  static final Duration QUIESCE = Duration.ofSeconds(30);

  /** How long a node may take to prepare. */
  static final Duration PREPARE = Duration.ofSeconds(60);

  /** How long the work at the moment of a change may take. */
  static final Duration CUT = Duration.ofSeconds(90);

  private static final String CONFIG =
      """
      akka.actor.default-dispatcher { executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1 }
      akka.actor.internal-dispatcher {
        type = Dispatcher, executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1
      }
      akka.actor.default-blocking-io-dispatcher {
        type = Dispatcher, executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1
      }
      akka.actor.default-mailbox.mailbox-type = "io.ashlar.engine.sim.SimMailbox"
      akka.scheduler.implementation = "io.ashlar.engine.sim.SimTimers"
      akka.use-slf4j = off
      akka.loggers = ["akka.event.Logging$StandardOutLogger"]
      akka.loglevel = OFF
      akka.stdout-loglevel = OFF
      akka.log-dead-letters = off
      akka.library-extensions = []
      akka.jvm-shutdown-hooks = off
      akka.jvm-exit-on-fatal-error = off
      akka.coordinated-shutdown.run-by-jvm-shutdown-hook = off
      akka.daemonic = on
      akka.extensions = ["akka.persistence.Persistence"]
      akka.persistence.journal.auto-start-journals = ["sim.journal"]
      akka.persistence.snapshot-store.auto-start-snapshot-stores = ["akka.persistence.no-snapshot-store"]
      sim.journal {
        class = "io.ashlar.engine.sim.SimJournalPlugin"
        plugin-dispatcher = "akka.actor.default-dispatcher"
        replay-dispatcher = "akka.actor.default-dispatcher"
        replay-filter.mode = off
        recovery-event-timeout = 30s
        circuit-breaker { max-failures = 2147483647, call-timeout = 3600s, reset-timeout = 1s }
      }
      akka.persistence.no-snapshot-store.plugin-dispatcher = "akka.actor.default-dispatcher"
      """;

  private static ActorSystem<Void> system;
  private static long runs;

  private final Sim sim;
  private final GraphRuntime runtime = new GraphRuntime();
  private final NodeServices services;
  private final GraphControl control;
  private final ActorRef<GraphCommand> graph;

  /**
   * A graph actor over an empty graph; the calling thread holds the baton.
   *
   * @param journals or {@code null} for none
   */
  SimEngine(Sim sim, Around around, ChangeRules rules, JournalServices journals) {
    this.sim = sim;
    services =
        new NodeServices(
            sim.waits(),
            sim,
            null,
            new SharedObjects(sim.waits()),
            sim.pool("drivers"),
            false,
            (node, event) -> {},
            around,
            rules,
            journals);
    graph =
        system.systemActorOf(
            GraphActor.create(
                runtime,
                services,
                new GraphSettings(130, QUIESCE, PREPARE, CUT),
                sim.pool("control")),
            "run-" + ++runs,
            Props.empty());
    control = new GraphControl(graph, system.scheduler(), runtime, services);
  }

  /** Starts the actor system, once; true when it was not there. */
  static boolean start(Sim sim) {
    boolean first = system == null;
    if (first) {
      quiet();
      sim.begin(0);
      system =
          ActorSystem.create(
              Behaviors.empty(),
              "sim",
              ConfigFactory.parseString(CONFIG).withFallback(ConfigFactory.load()));
      sim.end();
    }
    return first;
  }

  /** Failures are what these tests are about: what the engine logs of them would be a flood. */
  private static void quiet() {
    for (String name : new String[] {"akka", "io.ashlar.engine"}) {
      ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.OFF);
    }
  }

  GraphRuntime runtime() {
    return runtime;
  }

  GraphControl control() {
    return control;
  }

  /** Waits for an answer, in virtual time; throws what the answer was if it was a failure. */
  <T> T await(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    sim.block(future::isDone, Sim.NEVER, "an answer");
    return future.join();
  }

  /** Ends all actors; what still waits inside drivers is ended by {@link Sim#end}. */
  void stop() {
    Adapter.toClassic(system).stop(Adapter.toClassic(graph));
  }
}
