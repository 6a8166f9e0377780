package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut.StagedNodes;
import io.ashlar.engine.transaction.Staging;
import io.ashlar.spi.BlockException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** {@code blockdev-backup} in a transaction. */
final class BackupAction implements JobAction {
  private final BackupJob job;
  private final Runnable forget;

  /**
   * The action over a job that does not run yet.
   *
   * @param forget takes the job from the list
   */
  BackupAction(BackupJob job, Runnable forget) {
    this.job = job;
    this.forget = forget;
  }

  @Override
  public String name() {
    return "blockdev-backup";
  }

  @Override
  public Set<String> nodes() {
    return job.nodes();
  }

  @Override
  public GraphModel edit(GraphModel graph) {
    return job.edit(graph);
  }

  @Override
  public CompletionStage<Done> bitmaps(Staging staging) {
    return job.begins().freeze(staging);
  }

  @Override
  public CompletionStage<Done> stage(StagedNodes nodes) {
    return job.begins().beginCopy(nodes);
  }

  @Override
  public CompletionStage<Done> abort() {
    job.begins().filter().end();
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  @Override
  public CompletionStage<Job> launch() {
    return job.launch()
        .handle(
            (started, error) -> {
              if (error == null) {
                return started;
              }
              BlockException refusal = Errors.asBlockException(name(), error);
              job.leaveGroup(refusal);
              refuse(refusal);
              throw refusal;
            });
  }

  @Override
  public void refuse(BlockException refusal) {
    forget.run();
    job.core().refuse(refusal);
  }
}
