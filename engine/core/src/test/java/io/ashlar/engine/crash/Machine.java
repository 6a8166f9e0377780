package io.ashlar.engine.crash;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.facade.BareEngine;
import io.ashlar.engine.sim.Sim;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/**
 * A machine that runs the engine over the baton. The actor system is made once in a JVM; an engine
 * serves one run, or many states that are opened one after the other.
 */
final class Machine {
  /** The image. */
  static final Path IMAGE = Path.of("/disk/image.qcow2");

  /** The image's node. */
  static final String NODE = "disk0";

  /** An answer that takes longer will not come. */
  static final long PATIENCE = TimeUnit.MINUTES.toNanos(5);

  private static final String CONFIG =
      """
      akka.actor.default-dispatcher { executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1 }
      akka.actor.internal-dispatcher {
        type = Dispatcher, executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1
      }
      akka.actor.default-blocking-io-dispatcher {
        type = Dispatcher, executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1
      }
      akka.persistence.dispatchers.default-plugin-dispatcher {
        type = Dispatcher, executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1
      }
      akka.persistence.dispatchers.default-replay-dispatcher {
        type = Dispatcher, executor = "io.ashlar.engine.sim.SimExecutors", throughput = 1
      }
      akka.actor.default-mailbox.mailbox-type = "io.ashlar.engine.sim.SimMailbox"
      akka.scheduler.implementation = "io.ashlar.engine.sim.SimTimers"
      akka.use-slf4j = off
      akka.loggers = ["akka.event.Logging$StandardOutLogger"]
      akka.logging-filter = "akka.event.DefaultLoggingFilter"
      akka.loglevel = OFF
      akka.stdout-loglevel = OFF
      """;

  private static ActorSystem<Void> system;
  private static long machines;

  private final Sim sim = Sim.INSTANCE;
  private final Socket socket = new Socket();
  private final List<Event> events = new ArrayList<>();
  private BareEngine engine;

  /** Where the disk is plugged in. */
  private static final class Socket implements FileIo {
    private FileIo disk;

    @Override
    public OpenFile open(Path path, Access access) {
      return disk.open(path, access);
    }

    @Override
    public OpenFile create(Path path) {
      return disk.create(path);
    }

    @Override
    public OpenFile createPrivate(Path path) {
      return disk.createPrivate(path);
    }

    @Override
    public boolean delete(Path path) {
      return disk.delete(path);
    }

    @Override
    public void rename(Path from, Path to) {
      disk.rename(from, to);
    }

    @Override
    public void syncDirectory(Path directory) {
      disk.syncDirectory(directory);
    }

    @Override
    public boolean exists(Path path) {
      return disk.exists(path);
    }
  }

  /** Starts the actor system, once, so that no run is the first. */
  static void startSystem() {
    if (system == null) {
      for (String name : new String[] {"akka", "io.ashlar"}) {
        ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.OFF);
      }
      Sim.INSTANCE.begin(0);
      system =
          ActorSystem.create(
              Behaviors.empty(),
              "machine",
              ConfigFactory.parseString(CONFIG).withFallback(BareEngine.akka()));
      Sim.INSTANCE.end();
    }
  }

  /** Begins a run with this disk; the calling thread holds the baton. */
  void start(long seed, long nanos, FileIo disk) {
    startSystem();
    sim.begin(seed, nanos);
    socket.disk = disk;
    events.clear();
    if (engine == null) {
      engine =
          new BareEngine(
              "machine-" + ++machines, system, sim.waits(), sim, socket, sim::pool, events::add);
    }
  }

  /** Another disk, for an engine that has closed all its nodes. */
  void plug(FileIo disk) {
    socket.disk = disk;
  }

  /** Ends a run; the engine may serve another if it has closed everything. */
  void end(boolean engineIsSound) {
    if (!engineIsSound && engine != null) {
      Adapter.toClassic(system).stop(Adapter.toClassic(engine.actor()));
      engine = null;
    }
    sim.end();
    socket.disk = null;
  }

  BareEngine engine() {
    return engine;
  }

  List<Event> events() {
    return events;
  }

  /** The time of the image's file system, nanoseconds since 1970. */
  long wallNanos() {
    return TimeUnit.MILLISECONDS.toNanos(sim.currentTimeMillis());
  }

  /** Waits for an answer, in virtual time; throws what the answer was if it was a failure. */
  <T> T await(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    if (!future.isDone()) {
      long end = sim.nanoTime() + PATIENCE;
      sim.block(() -> future.isDone() || sim.nanoTime() >= end, end, "an answer");
    }
    if (!future.isDone()) {
      throw new AssertionError("no answer: " + sim.describe());
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw e;
    }
  }

  <T> T await(Reply<T> reply) {
    return await(reply.toCompletionStage());
  }

  /** The image. */
  static NodeDefinition image(boolean readOnly) {
    return image(NODE, IMAGE, readOnly);
  }

  /** Any image. */
  static NodeDefinition image(String node, Path path, boolean readOnly) {
    return NodeDefinition.of("qcow2", node)
        .with("read-only", readOnly)
        .with("discard", "unmap")
        .with(
            "file",
            NodeDefinition.of(
                Map.of(
                    "driver",
                    "file",
                    "filename",
                    path.toString(),
                    "read-only",
                    readOnly,
                    "discard",
                    "unmap")));
  }

  /** Makes an image. */
  void create(Path path, long size, long cluster) {
    await(engine.graph().create("file", Map.of("filename", path.toString(), "size", 0L)));
    await(
        engine
            .graph()
            .create(
                "qcow2",
                Map.of(
                    "size",
                    size,
                    "cluster-size",
                    cluster,
                    "file",
                    Map.of("driver", "file", "filename", path.toString()))));
  }
}
