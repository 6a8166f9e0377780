package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.job.CommitGraph.Chain;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.spi.BlockException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/**
 * The end of a commit: one change of the graph. One that is refused is followed by plainer ones, so
 * that the chain does not stay held: the chain as it was before, and if even that is refused (the
 * base's bitmaps cannot be stored now), the chain with the base left writable.
 */
final class CommitEnd {
  private static final String WHAT = "the end of a commit";

  private final GraphControl control;
  private final Chain chain;
  private final String reader;
  private final String writer;
  private final boolean wasReadOnly;

  /**
   * The end of a job.
   *
   * @param wasReadOnly how the base was before
   */
  CommitEnd(GraphControl control, Chain chain, String reader, String writer, boolean wasReadOnly) {
    this.control = control;
    this.chain = chain;
    this.reader = reader;
    this.writer = writer;
    this.wasReadOnly = wasReadOnly;
  }

  /**
   * Ends it.
   *
   * @param done everything is in the base, durably: its users shall have it
   */
  CompletionStage<Done> run(boolean done) {
    if (!done) {
      return asBefore();
    }
    return attempt(model -> CommitGraph.pivot(model, chain, reader, writer))
        .handle(
            (changed, error) ->
                error == null ? ended(changed) : asBefore().thenCompose(d -> failed(error)))
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Done> asBefore() {
    return attempt(model -> CommitGraph.giveUp(model, chain, reader, writer, wasReadOnly))
        .handle(
            (changed, error) ->
                error == null
                    ? ended(changed)
                    : attempt(model -> CommitGraph.giveUp(model, chain, reader, writer, false))
                        .thenCompose(c -> failed(error)))
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Changed> attempt(UnaryOperator<GraphModel> edit) {
    return control.change(WHAT, edit);
  }

  private static CompletionStage<Done> ended(Changed changed) {
    return changed.afterwards().isEmpty()
        ? CompletableFuture.completedFuture(Done.getInstance())
        : failed(changed.afterwards().get(0));
  }

  private static CompletionStage<Done> failed(Throwable error) {
    BlockException failure = Errors.asBlockException(WHAT, error);
    return CompletableFuture.failedFuture(failure);
  }
}
