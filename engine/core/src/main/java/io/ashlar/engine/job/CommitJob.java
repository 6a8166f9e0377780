package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.control.Resize;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.job.CommitGraph.Chain;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Preallocation;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * One {@code block-commit} of an idle top. It begins with a change of the graph that makes the base
 * writable and arms its bitmaps, grows a base that is shorter than the top, copies, flushes, and
 * ends with a change that gives the base to the users of the top. Until that last change what the
 * top shows is the same at every moment, and stands in the layers above the base alone, so giving
 * up loses nothing; a base that was grown stays so.
 */
final class CommitJob implements JobFlow.Phases<Boolean> {
  private static final String WHAT = "block-commit";

  private final GraphControl control;
  private final Executor threads;
  private final CommitRequest request;
  private final String reader;
  private final String writer;
  private final JobCore core;

  // Written before the job's thread starts.
  private volatile Chain chain;
  private volatile boolean wasReadOnly;
  private volatile CommitWork work;

  /**
   * A job that does not run yet.
   *
   * @param request checked and completed
   * @param deviceName a free name for its devices
   */
  CommitJob(
      GraphControl control,
      Executor threads,
      CommitRequest request,
      String deviceName,
      JobCore.Setting setting) {
    this.control = control;
    this.threads = threads;
    this.request = request;
    this.reader = deviceName;
    this.writer = deviceName + "-base";
    this.core =
        new JobCore(
            new JobCore.Identity(request.jobId(), "commit", request.autoDismiss()),
            request.speed(),
            this::progress,
            setting);
  }

  /** What embedders see of it. */
  JobCore core() {
    return core;
  }

  /** Starts it: refused, with everything as before, or running when the stage completes. */
  CompletionStage<Job> start() {
    return control
        .change(
            WHAT,
            model -> CommitGraph.begin(model, CommitGraph.chain(model, request), reader, writer))
        .handle(
            (changed, error) -> {
              if (error != null) {
                throw new CompletionException(explained(error));
              }
              return changed;
            })
        .thenCompose(this::begun);
  }

  private static BlockException explained(Throwable error) {
    BlockException refusal = Errors.asBlockException(WHAT, error);
    return refusal.code() != ErrorCode.PERMISSION_CONFLICT
        ? refusal
        : new BlockException(
            refusal.code(),
            "block-commit needs a top that nobody may write to until the job has ended, and a base"
                + " that nobody else uses; detach the writer, or attach it for reading: "
                + refusal.getMessage(),
            refusal);
  }

  private CompletionStage<Job> begun(Changed changed) {
    chain = CommitGraph.chain(changed.before(), request);
    wasReadOnly = changed.before().node(chain.base()).nodeOptions().readOnly();
    return grown()
        .thenApply(done -> prepared())
        .handle(
            (done, error) ->
                error == null
                    ? JobFlow.launch(core, threads, this)
                    : JobFlow.takenBack(this, Errors.asBlockException(WHAT, error)))
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Done> grown() {
    long length = node(chain.top()).length();
    if (node(chain.base()).length() >= length) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    return control
        .change(
            WHAT,
            model -> model,
            Set.of(chain.base()),
            new Resize(control, chain.base(), length, Preallocation.OFF))
        .thenApply(changed -> Done.getInstance());
  }

  private Done prepared() {
    GraphRuntime runtime = control.runtime();
    List<NodeCore> layers = chain.layers().stream().map(this::node).toList();
    work =
        new CommitWork(core, runtime.devices().get(reader), runtime.devices().get(writer), layers);
    return Done.getInstance();
  }

  private NodeCore node(String name) {
    return control.runtime().nodes().get(name).core();
  }

  @Override
  public Boolean work() {
    core.running();
    try {
      work.list();
      CopyCrew.run(core, control.services().waits(), work);
      if (core.error().isEmpty()) {
        work.flush();
      }
    } catch (RuntimeException e) {
      core.fail(Errors.asBlockException("job '" + core.id() + "'", e));
    }
    core.ending();
    return core.error().isEmpty();
  }

  @Override
  public Boolean givenUp() {
    return false;
  }

  @Override
  public CompletionStage<Done> end(Boolean done) {
    return new CommitEnd(control, chain, reader, writer, wasReadOnly).run(done);
  }

  @Override
  public Job.Progress progress() {
    CommitWork asked = work;
    return asked == null ? new Job.Progress(0, 0) : asked.progress();
  }
}
