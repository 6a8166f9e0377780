package io.ashlar.engine.facade;

import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.api.TransactionRequest;
import io.ashlar.engine.api.TransactionRequest.Abort;
import io.ashlar.engine.api.TransactionRequest.AddBitmap;
import io.ashlar.engine.api.TransactionRequest.Backup;
import io.ashlar.engine.api.TransactionRequest.ClearBitmap;
import io.ashlar.engine.api.TransactionRequest.CompletionMode;
import io.ashlar.engine.api.TransactionRequest.EnableBitmap;
import io.ashlar.engine.api.TransactionRequest.MergeBitmaps;
import io.ashlar.engine.api.TransactionRequest.RemoveBitmap;
import io.ashlar.engine.api.TransactionRequest.Snapshot;
import io.ashlar.engine.control.ExternalSnapshot;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.job.JobAction;
import io.ashlar.engine.job.JobGroup;
import io.ashlar.engine.job.JobRegistry;
import io.ashlar.engine.transaction.Action;
import io.ashlar.engine.transaction.Actions;
import io.ashlar.engine.transaction.Transaction;
import io.ashlar.spi.BlockException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** {@code transaction}: makes actions of a request, runs them, and starts the jobs. */
final class TransactionFacade {
  private final GraphControl control;
  private final JobRegistry jobs;
  private final Replies replies;

  TransactionFacade(GraphControl control, JobRegistry jobs, Replies replies) {
    this.control = control;
    this.jobs = jobs;
    this.replies = replies;
  }

  Reply<List<Job>> run(TransactionRequest request) {
    return replies.reply("transaction", () -> start(request));
  }

  private CompletionStage<List<Job>> start(TransactionRequest request) {
    JobGroup group =
        request.mode() == CompletionMode.GROUPED ? new JobGroup(control.services().waits()) : null;
    List<Action> actions = new ArrayList<>();
    List<JobAction> started = new ArrayList<>();
    try {
      for (TransactionRequest.Action asked : request.actions()) {
        Action action = action(asked, actions.size(), group);
        actions.add(action);
        if (action instanceof JobAction job) {
          started.add(job);
        }
      }
    } catch (BlockException e) {
      started.forEach(job -> job.refuse(e));
      throw e;
    }
    return new Transaction(control, actions)
        .run()
        .handle(
            (changed, error) -> {
              if (error != null) {
                BlockException refusal = Replies.asBlockException("transaction", error);
                started.forEach(job -> job.refuse(refusal));
                throw refusal;
              }
              return changed;
            })
        .thenCompose(
            changed ->
                launch(started)
                    .thenApply(
                        running -> {
                          GraphFacade.complete(changed);
                          return running;
                        }));
  }

  /** All are started, then the first failure is the answer; the others run. */
  private static CompletionStage<List<Job>> launch(List<JobAction> actions) {
    List<CompletableFuture<Job>> launches =
        actions.stream().map(action -> action.launch().toCompletableFuture()).toList();
    return CompletableFuture.allOf(launches.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> launches.stream().map(CompletableFuture::join).toList());
  }

  private Action action(TransactionRequest.Action asked, int index, JobGroup group) {
    if (asked instanceof AddBitmap a) {
      return Actions.add(a.node(), a.name(), a.settings());
    } else if (asked instanceof RemoveBitmap a) {
      return Actions.remove(a.node(), a.name());
    } else if (asked instanceof ClearBitmap a) {
      return Actions.clear(a.node(), a.name());
    } else if (asked instanceof EnableBitmap a) {
      return Actions.setEnabled(a.node(), a.name(), a.enabled());
    } else if (asked instanceof MergeBitmaps a) {
      return Actions.merge(a.node(), a.target(), a.sources());
    } else if (asked instanceof Snapshot a) {
      return Actions.of(ExternalSnapshot.action(a.node(), a.overlay()));
    } else if (asked instanceof Abort) {
      return Actions.abort();
    }
    Backup backup = (Backup) asked;
    try {
      return jobs.backupAction(backup.request(), group);
    } catch (BlockException e) {
      throw new BlockException(
          e.code(), "action " + index + " (blockdev-backup): " + e.getMessage(), e);
    }
  }
}
