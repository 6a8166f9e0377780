package io.ashlar.engine.job;

import io.ashlar.engine.api.Job;
import io.ashlar.engine.transaction.Action;
import io.ashlar.spi.BlockException;
import java.util.concurrent.CompletionStage;

/** An action of a transaction that starts a job when the transaction has taken effect. */
public interface JobAction extends Action {
  /** The transaction took effect: the job runs when the stage completes, or was refused late. */
  CompletionStage<Job> launch();

  /** The transaction was refused: there is no job. */
  void refuse(BlockException refusal);
}
