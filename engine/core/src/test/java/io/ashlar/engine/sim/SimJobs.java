package io.ashlar.engine.sim;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.job.JobRegistry;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.option.Drivers;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.sim.Truth.Tracked;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Jobs under the baton, and what must be true when one has ended. */
final class SimJobs {
  /**
   * How a job ended.
   *
   * @param started whether it ran at all
   * @param error why it was refused or failed, or {@code null}
   */
  record Ended(GraphModel before, boolean started, BlockException error) {}

  private static final long UNDECIDED = -2;

  private final Sim sim;
  private final World world;
  private final SimEngine engine;
  private final JobRegistry registry;
  private int numbers;

  /** Of the backup that runs. */
  private Step.Backup backup;

  /** The source of a backup whose start was given up; it may begin late, and is ended then. */
  private String givenUp;

  private long[] moment;

  /**
   * No jobs yet.
   *
   * @param drivers by name; the filter of backups is added to them
   */
  SimJobs(Sim sim, World world, SimEngine engine, Map<String, BlockDriver> drivers) {
    this.sim = sim;
    this.world = world;
    this.engine = engine;
    SimCopies copies = new SimCopies(this::begun);
    drivers.put(copies.name(), copies);
    registry =
        new JobRegistry(
            engine.control(),
            new OptionChecker(known(drivers)),
            sim.pool("job"),
            event -> sim.note("event " + event),
            SimJobs::reply);
  }

  private static Drivers known(Map<String, BlockDriver> drivers) {
    return new Drivers() {
      @Override
      public Optional<BlockDriver> lookUp(String name) {
        return Optional.ofNullable(drivers.get(name));
      }

      @Override
      public Collection<String> names() {
        return drivers.keySet();
      }
    };
  }

  private static <T> Reply<T> reply(String what, Supplier<CompletionStage<T>> call) {
    CompletionStage<T> stage;
    try {
      stage = call.get();
    } catch (BlockException e) {
      stage = CompletableFuture.failedFuture(e);
    }
    return new Reply<>(stage, what, Duration.ofHours(1));
  }

  /** Runs a commit to its end. */
  Ended commit(Step.Commit s) {
    GraphModel before = engine.runtime().model();
    String id = "commit" + ++numbers;
    Ended ended =
        run(before, registry.commit(new CommitRequest(id, s.device(), null, s.base(), 0, true)), 0);
    if (ended.error() == null) {
      committed(before, s);
    }
    return ended;
  }

  /** Everything that the layers above the base decided is in the base, and durable. */
  private void committed(GraphModel before, Step.Commit s) {
    String base = s.base() == null ? lowest(before, s.device()) : s.base();
    String top = top(before, s.device());
    for (int granule = 0; granule < granules(top); granule++) {
      long wanted = decided(top, base, granule);
      if (wanted != UNDECIDED && durable(base, granule) != wanted) {
        world.violated(
            "node '" + base + "' lacks granule " + granule + " of '" + top + "' after a commit");
      }
    }
  }

  private static String top(GraphModel model, String device) {
    String at = device;
    while (!model.node(at).driver().name().equals("sim-image")) {
      at = model.node(at).children().get("file");
    }
    return at;
  }

  private static String lowest(GraphModel model, String device) {
    String at = top(model, device);
    while (model.node(at).children().containsKey("backing")) {
      at = top(model, model.node(at).children().get("backing"));
    }
    return at;
  }

  /** Runs a backup to its end. */
  Ended backup(Step.Backup s) {
    GraphModel before = engine.runtime().model();
    backup = s;
    moment = null;
    Sync sync = s.bitmap() == null ? Sync.FULL : Sync.BITMAP;
    Ended ended =
        run(
            before,
            registry.backup(
                new BackupRequest(
                    "backup" + ++numbers,
                    s.source(),
                    s.target(),
                    sync,
                    s.bitmap(),
                    s.mode(),
                    0,
                    false,
                    false,
                    0,
                    true)),
            s.cancelAfter());
    ended(s, ended);
    if (ended.error() != null && ended.error().code() == ErrorCode.TIMED_OUT) {
      givenUp = s.source();
    }
    backup = null;
    return ended;
  }

  private Ended run(GraphModel before, Reply<Job> start, int cancelAfter) {
    boolean started = false;
    try {
      Job job = engine.await(start.toCompletionStage());
      started = true;
      if (cancelAfter > 0) {
        for (int i = 0; i < cancelAfter; i++) {
          sim.pause();
        }
        job.cancel();
      }
      engine.await(job.result().toCompletionStage());
      return new Ended(before, true, null);
    } catch (CompletionException e) {
      sim.note("job: " + e.getCause());
      if (e.getCause() instanceof BlockException known) {
        return new Ended(before, started, known);
      }
      world.violated("a job ended with " + e.getCause() + ", which is no BlockException");
      return new Ended(before, started, null);
    } catch (BlockException e) {
      // It had ended before it could be cancelled.
      return new Ended(before, true, e);
    }
  }

  /** The moment of a backup: source and target are quiesced. */
  private void begun(String source) {
    if (backup == null && source.equals(givenUp)) {
      return;
    }
    if (backup == null || !backup.source().equals(source)) {
      world.violated("a backup of '" + source + "' began that nobody asked for");
      return;
    }
    moment = new long[granules(source)];
    for (int granule = 0; granule < moment.length; granule++) {
      moment[granule] = shown(source, granule);
    }
    tracked().ifPresent(Tracked::backedUp);
  }

  private Optional<Tracked> tracked() {
    Truth truth = world.truth(backup.source());
    return backup.bitmap() == null || truth == null
        ? Optional.empty()
        : Optional.ofNullable(truth.bitmaps().get(backup.bitmap()));
  }

  /** Success means that the target has what the source had; otherwise no bit is lost. */
  private void ended(Step.Backup s, Ended ended) {
    boolean success = ended.error() == null;
    if (success && moment == null) {
      world.violated("a backup succeeded that never began: " + s);
      return;
    }
    Optional<Tracked> tracked = tracked().filter(Tracked::inBackup);
    for (int granule = 0; success && granule < moment.length; granule++) {
      boolean wanted = s.bitmap() == null || tracked.get().backupNeeds(granule);
      if (wanted && !copied(s, granule)) {
        world.violated("a backup succeeded, and '" + s.target() + "' lacks granule " + granule);
      }
    }
    boolean always = s.mode() == BitmapMode.ALWAYS;
    tracked.ifPresent(
        bitmap ->
            bitmap.backupEnded(
                granule ->
                    s.mode() == BitmapMode.NEVER || !success && !(always && copied(s, granule))));
  }

  private boolean copied(Step.Backup s, int granule) {
    return granule < moment.length && durable(s.target(), granule) == moment[granule];
  }

  /** What the layers from the top down to the base, which is not one of them, decide. */
  private long decided(String top, String base, int granule) {
    GraphModel model = engine.runtime().model();
    String at = top;
    while (at != null && !at.equals(base)) {
      if (granule >= granules(at)) {
        return 0;
      }
      String below = model.node(at).children().get("file");
      if (core(at).driver() instanceof SimImageNode) {
        byte[] own = world.diskOf(at).read(SimImage.dataSector(granule));
        if (ByteBuffer.wrap(own).getLong() != 0) {
          return world.meaning(own);
        }
        below = model.node(at).children().get("backing");
      }
      at = below;
    }
    return UNDECIDED;
  }

  private int granules(String node) {
    return (int) (core(node).length() / SimImage.GRANULE);
  }

  private NodeCore core(String node) {
    return engine.runtime().nodes().get(node).core();
  }

  /** What a reader sees there. */
  private long shown(String node, int granule) {
    NodeHandle handle = engine.runtime().nodes().get(node);
    GraphModel model = engine.runtime().model();
    if (!model.node(node).active()) {
      return UNDECIDED;
    }
    if ((long) granule * SimImage.GRANULE >= handle.core().length()) {
      return 0;
    }
    if (handle.core().driver() instanceof SimFileNode file) {
      return world.meaning(file.disk().read(granule));
    }
    if (!(handle.core().driver() instanceof SimImageNode)) {
      return shown(model.node(node).children().get("file"), granule);
    }
    byte[] own = world.diskOf(node).read(SimImage.dataSector(granule));
    String backing = model.node(node).children().get("backing");
    boolean decided = ByteBuffer.wrap(own).getLong() != 0;
    return decided || backing == null ? world.meaning(own) : shown(backing, granule);
  }

  /** What is there after a power cut, of an image alone. */
  private long durable(String node, int granule) {
    SimDisk disk = world.diskOf(node);
    return disk == null ? -1 : world.meaning(disk.durable(SimImage.dataSector(granule)));
  }
}
