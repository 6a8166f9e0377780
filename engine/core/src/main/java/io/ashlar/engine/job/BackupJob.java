package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.Edge;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CopyBeforeWrite;
import io.ashlar.spi.ErrorCode;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * One {@code blockdev-backup}. It begins with one change of the graph ({@link BackupGraph}, {@link
 * BackupStart}), copies cluster by cluster on threads of its own, and ends with another change
 * ({@link BackupEnd}). Success means that the target is complete, flushed, and that the bitmap was
 * given back.
 *
 * <p>Each step runs under a ticket of the job's device, from which source and target are reached.
 */
final class BackupJob implements JobFlow.Phases<BackupEnd.Fate> {
  /** How often a job that only watches looks whether its filter still copies. */
  private static final long LOOK_NANOS = 100_000_000L;

  private final GraphControl control;
  private final Executor threads;
  private final BackupRequest request;
  private final CheckedNode filterNode;
  private final String deviceName;
  private final BackupStart start;
  private final JobCore core;
  private final JobGroup group;
  private final AtomicLong skipped = new AtomicLong();
  private volatile long planned;
  private volatile Job.Progress frozenProgress;
  private volatile DeviceCore device;

  /**
   * A job that does not run yet.
   *
   * @param request checked and completed
   * @param filterNode the filter, checked, under a free name
   * @param group the jobs that it ends together with, or {@code null}
   */
  BackupJob(
      GraphControl control,
      Executor threads,
      BackupRequest request,
      CheckedNode filterNode,
      JobCore.Setting setting,
      JobGroup group) {
    this.control = control;
    this.threads = threads;
    this.request = request;
    this.filterNode = filterNode;
    this.deviceName = filterNode.nodeName();
    this.start = new BackupStart(control, request, filterNode.nodeName());
    this.core =
        new JobCore(
            new JobCore.Identity(request.jobId(), "backup", request.autoDismiss()),
            request.speed(),
            this::progress,
            setting);
    this.group = group;
    if (group != null) {
      group.join(core);
    }
  }

  /** What embedders see of it. */
  JobCore core() {
    return core;
  }

  /** Starts it: refused, with everything as before, or running when the stage completes. */
  CompletionStage<Job> start() {
    return control
        .change("blockdev-backup", this::edit, nodes(), start)
        .thenCompose(changed -> launch());
  }

  /** The graph while it runs. */
  GraphModel edit(GraphModel model) {
    return BackupGraph.insert(model, filterNode, deviceName, request.source(), request.target());
  }

  /** What it reads and writes. */
  Set<String> nodes() {
    return Set.of(request.source(), request.target());
  }

  /** Its start, for a transaction. */
  BackupStart begins() {
    return start;
  }

  /** The graph is ready for it: it runs when the stage completes. */
  CompletionStage<Job> launch() {
    device = control.runtime().devices().get(deviceName);
    planned = start.filter().remaining();
    return JobFlow.launch(core, threads, this);
  }

  @Override
  public BackupEnd.Fate givenUp() {
    return BackupEnd.Fate.RECLAIM;
  }

  @Override
  public CompletionStage<Done> end(BackupEnd.Fate fate) {
    return new BackupEnd(
            control, request.source(), request.bitmap(), filterNode.nodeName(), deviceName)
        .run(fate);
  }

  /** The whole work on the job's thread; returns what is to become of the bitmap. */
  @Override
  public BackupEnd.Fate work() {
    core.running();
    try {
      if (request.sync() == Sync.NONE) {
        watch();
      } else {
        skipNeedless();
        CopyCrew.run(
            core,
            control.services().waits(),
            new FilterPieces(start.filter(), device, start.length()));
      }
    } catch (RuntimeException e) {
      core.fail(Errors.asBlockException("job '" + request.jobId() + "'", e));
    }
    boolean flushed = group != null && endTogether();
    return settle(flushed);
  }

  /** Waits for the other jobs; true when all of them succeeded and this target is durable. */
  private boolean endTogether() {
    start.filter().failure().ifPresent(core::fail);
    if (core.error().isEmpty() && start.filter().remaining() == 0 && flushTarget()) {
      group.arrive(core);
    }
    core.error().ifPresent(this::leaveGroup);
    return core.error().isEmpty();
  }

  /** It ends with an error, which ends the others too. */
  void leaveGroup(BlockException error) {
    if (group != null) {
      group.fail(core, error);
    }
  }

  private void watch() {
    while (core.idle(LOOK_NANOS)) {
      start.filter().failure().ifPresent(core::fail);
    }
  }

  private void skipNeedless() {
    Predicate<BlockStatus> needless;
    if (request.sync() == Sync.TOP) {
      needless = status -> !status.allocated();
    } else if (start.targetReadsZero()) {
      boolean backed = BackupGraph.hasBacking(control.runtime().model(), request.source());
      needless = status -> status.zero() || (!status.allocated() && !backed);
    } else {
      return;
    }
    skipped.set(new SkipScan(core, device, start.filter(), start.length(), needless).run());
  }

  /**
   * All copies have ended. The order matters: what is not on the list of the uncopied was in the
   * target before the flush, so a bitmap that drops it may rely on it.
   *
   * @param flushed all was copied and then flushed
   */
  private BackupEnd.Fate settle(boolean flushed) {
    CopyBeforeWrite filter = start.filter();
    core.ending();
    filter.failure().ifPresent(core::fail);
    if (core.error().isEmpty() && filter.remaining() > 0) {
      core.fail(
          new BlockException(
              ErrorCode.INTERNAL,
              "job '"
                  + request.jobId()
                  + "' ended with "
                  + filter.remaining()
                  + " bytes left to copy; this is a defect of Ashlar"));
    }
    boolean copied = core.error().isEmpty();
    boolean always = request.bitmapMode() == BitmapMode.ALWAYS;
    BitTree uncopied = always && !copied ? uncopied(filter) : null;
    boolean durable = flushed;
    if (!flushed && (copied || always || request.sync() == Sync.NONE)) {
      durable = flushTarget();
    }
    frozenProgress = progress();
    filter.end();
    if (request.bitmap() == null || request.bitmapMode() == BitmapMode.NEVER) {
      return BackupEnd.Fate.RECLAIM;
    }
    if (copied && durable) {
      return new BackupEnd.Fate(true, null);
    }
    if (!always) {
      return BackupEnd.Fate.RECLAIM;
    }
    return new BackupEnd.Fate(true, durable ? uncopied : everythingPlanned());
  }

  private boolean flushTarget() {
    try {
      long ticket = device.gate().enter();
      try {
        Edge target =
            control.runtime().nodes().get(filterNode.nodeName()).edges().get(BackupGraph.TARGET);
        target.flush();
      } finally {
        device.gate().leave(ticket);
      }
      return true;
    } catch (BlockException e) {
      core.fail(e);
      return false;
    }
  }

  private BitTree uncopied(CopyBeforeWrite filter) {
    BitTree bits = start.frozen().emptied();
    for (long at = filter.nextWanted(0);
        at >= 0;
        at = filter.nextWanted(at + filter.clusterSize())) {
      bits.set(at, filter.clusterSize());
    }
    return bits;
  }

  private BitTree everythingPlanned() {
    if (request.sync() == Sync.BITMAP) {
      return start.frozen().copy();
    }
    BitTree bits = start.frozen().emptied();
    bits.set(0, bits.length());
    return bits;
  }

  @Override
  public Job.Progress progress() {
    Job.Progress end = frozenProgress;
    if (end != null) {
      return end;
    }
    CopyBeforeWrite filter = start.filter();
    if (filter == null || device == null) {
      return new Job.Progress(0, 0);
    }
    long left = filter.remaining();
    long done = Math.max(0, planned - skipped.get() - left);
    return new Job.Progress(done, done + left);
  }
}
