package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.TreeBits;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.engine.transaction.Staging;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CopyBeforeWrite;
import io.ashlar.spi.CopyPlan;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The moment of a backup, while nothing is in flight on source and target: the bitmap is cut and
 * the filter begins, so that both mean the same content. Whatever fails undoes what was done.
 */
final class BackupStart implements Cut {
  private final GraphControl control;
  private final BackupRequest request;
  private final String filterName;

  // Written before the stage of prepare completes, read after.
  private volatile CopyBeforeWrite filter;
  private volatile BitTree frozen;
  private volatile boolean targetReadsZero;
  private volatile long length;

  /**
   * The start of a backup.
   *
   * @param request checked and completed
   */
  BackupStart(GraphControl control, BackupRequest request, String filterName) {
    this.control = control;
    this.request = request;
    this.filterName = filterName;
  }

  /** The filter that copies; after the start. */
  CopyBeforeWrite filter() {
    return filter;
  }

  /** The bitmap's bits at the moment, or {@code null} without a bitmap. */
  BitTree frozen() {
    return frozen;
  }

  /** Whether the target needed no zeroes written. */
  boolean targetReadsZero() {
    return targetReadsZero;
  }

  /** The source's bytes. */
  long length() {
    return length;
  }

  @Override
  public CompletionStage<Done> prepare(StagedNodes nodes) {
    NodeHandle source = nodes.node(request.source());
    NodeHandle target = nodes.node(request.target());
    NodeHandle above = nodes.node(filterName);
    return CompletableFuture.supplyAsync(
            () -> check(above, source.core(), target.core()), control.services().drivers())
        .thenCompose(done -> freeze(source))
        .thenApplyAsync(this::begin, control.services().drivers())
        .handle((done, error) -> error == null ? stage(done) : undone(source, error))
        .thenCompose(Function.identity());
  }

  /** The bitmap's part as an action of a transaction, which undoes it by itself. */
  CompletionStage<Done> freeze(Staging staging) {
    if (request.bitmap() == null) {
      return stage(Done.getInstance());
    }
    return staging
        .bitmaps(request.source())
        .thenApply(
            bitmaps -> {
              frozen = bitmaps.freeze(request.bitmap(), owner(), keeps());
              return Done.getInstance();
            });
  }

  /** The filter's part as an action of a transaction. */
  CompletionStage<Done> beginCopy(StagedNodes nodes) {
    NodeHandle source = nodes.node(request.source());
    NodeHandle target = nodes.node(request.target());
    NodeHandle above = nodes.node(filterName);
    return CompletableFuture.supplyAsync(
        () -> {
          check(above, source.core(), target.core());
          return begin(frozen);
        },
        control.services().drivers());
  }

  private String owner() {
    return "job '" + request.jobId() + "'";
  }

  private boolean keeps() {
    return request.bitmapMode() == BitmapMode.NEVER;
  }

  private Done check(NodeHandle above, NodeCore source, NodeCore target) {
    if (!(above.core().driver() instanceof CopyBeforeWrite capable)) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "driver '" + BackupGraph.DRIVER + "' that was found cannot copy for a job");
    }
    filter = capable;
    length = source.length();
    if (target.length() < length) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          String.format(
              "target '%s' has %d bytes, fewer than the %d of node '%s'; make it as long",
              request.target(), target.length(), length, request.source()));
    }
    if (request.compress() && !target.traits().operations().contains(Operation.WRITE_COMPRESSED)) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "target '" + request.target() + "' takes no compressed writes; use a qcow2 target");
    }
    // Only a full copy stands by itself: others are read over a backing file, which shows through
    // where they have no zeroes.
    targetReadsZero =
        request.sync() == Sync.FULL
            && !BackupGraph.hasBacking(control.runtime().model(), request.target())
            && readsZero(target);
    return Done.getInstance();
  }

  private static boolean readsZero(NodeCore target) {
    long end = target.length();
    for (long at = 0; at < end; ) {
      BlockStatus status = target.status(at, end - at);
      if (status.allocated() && !status.zero()) {
        return false;
      }
      at += status.length();
    }
    return true;
  }

  private CompletionStage<BitTree> freeze(NodeHandle source) {
    if (request.bitmap() == null) {
      return CompletableFuture.completedFuture(null);
    }
    return control.bitmaps(
        source, replyTo -> new BitmapCommand.Freeze(request.bitmap(), owner(), keeps(), replyTo));
  }

  private Done begin(BitTree bits) {
    frozen = bits;
    CopyPlan plan =
        request.sync() == Sync.BITMAP
            ? CopyPlan.dirty(TreeBits.source(bits), bits.granularity())
            : CopyPlan.everything();
    filter.begin(plan.withCompressed(request.compress()).withTargetReadsZero(targetReadsZero));
    return Done.getInstance();
  }

  @Override
  public CompletionStage<Done> abort() {
    filter.end();
    NodeHandle source = control.runtime().nodes().get(request.source());
    return thaw(source);
  }

  private CompletionStage<Done> undone(NodeHandle source, Throwable error) {
    return thaw(source)
        .handle(
            (done, second) -> {
              BlockException first = Errors.asBlockException("blockdev-backup", error);
              throw second == null
                  ? first
                  : Errors.with(first, Errors.asBlockException("blockdev-backup", second));
            });
  }

  private CompletionStage<Done> thaw(NodeHandle source) {
    if (frozen == null) {
      return stage(Done.getInstance());
    }
    return control.bitmaps(
        source, replyTo -> new BitmapCommand.Thaw(request.bitmap(), false, null, replyTo));
  }

  private static CompletionStage<Done> stage(Done done) {
    return CompletableFuture.completedFuture(done);
  }
}
