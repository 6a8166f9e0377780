package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.api.Job;
import io.ashlar.spi.BlockException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The course of a job that has begun: its work on a thread of the jobs, then its end as a change of
 * the graph, then its result.
 */
final class JobFlow {
  /**
   * What a kind of job does.
   *
   * @param <F> what the work says about how the job is to end
   */
  interface Phases<F> {
    /** The whole work, on the job's thread; says how to end. */
    F work();

    /** How to end when the work came to nothing. */
    F givenUp();

    /**
     * Takes the job out of the graph; a failure says what could not be tidied up or was refused.
     */
    CompletionStage<Done> end(F fate);

    /** How far it came. */
    Job.Progress progress();
  }

  private JobFlow() {}

  /** Has it done; the job, once it runs. */
  static <F> CompletionStage<Job> launch(JobCore core, Executor threads, Phases<F> phases) {
    CompletionStage<F> work;
    try {
      work = CompletableFuture.supplyAsync(phases::work, threads);
    } catch (RuntimeException e) {
      return takenBack(phases, Errors.asBlockException("starting a job", e));
    }
    work.handle((fate, error) -> error == null ? fate : failed(core, phases, error))
        .thenCompose(fate -> end(core, phases, fate));
    return CompletableFuture.completedFuture(core);
  }

  /** A job that cannot run after all: everything as before, and the refusal. */
  static <F> CompletionStage<Job> takenBack(Phases<F> phases, BlockException refusal) {
    return phases
        .end(phases.givenUp())
        .handle(
            (done, error) -> {
              throw error == null
                  ? refusal
                  : Errors.with(refusal, Errors.asBlockException("starting a job", error));
            });
  }

  private static <F> F failed(JobCore core, Phases<F> phases, Throwable error) {
    core.fail(Errors.asBlockException("job '" + core.id() + "'", error));
    return phases.givenUp();
  }

  private static <F> CompletionStage<Void> end(JobCore core, Phases<F> phases, F fate) {
    return phases
        .end(fate)
        .handle(
            (done, error) -> {
              BlockException own = core.error().orElse(null);
              BlockException untidy =
                  error == null
                      ? null
                      : Errors.asBlockException("the end of job '" + core.id() + "'", error);
              BlockException failure =
                  own == null ? untidy : untidy == null ? own : Errors.with(own, untidy);
              core.conclude(phases.progress(), failure, untidy);
              return null;
            });
  }
}
