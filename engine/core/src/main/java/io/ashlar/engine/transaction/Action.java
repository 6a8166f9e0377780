package io.ashlar.engine.transaction;

import akka.Done;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut.StagedNodes;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One action of a transaction. First every action says, in the order of the list, what it makes of
 * the graph; then, with all their nodes quiesced, what it makes of their bitmaps; then, when the
 * nodes are prepared and the new ones open, every action stages the rest of its work; then all of
 * it takes effect, or none.
 */
public interface Action {
  /** QMP's name. */
  String name();

  /** Nodes that must be quiesced; those the graph loses or changes are anyway. */
  Set<String> nodes();

  /**
   * The graph with this action. Pure.
   *
   * @throws io.ashlar.spi.BlockException refuses the transaction
   */
  default GraphModel edit(GraphModel graph) {
    return graph;
  }

  /** Works out what it makes of bitmaps; nothing to be undone. */
  default CompletionStage<Done> bitmaps(Staging staging) {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  /** Does what can fail, without an effect that {@link #abort} cannot take back. */
  default CompletionStage<Done> stage(StagedNodes nodes) {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  /** Takes back what {@link #stage} did; only after it succeeded, later actions first. */
  default CompletionStage<Done> abort() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  /** All of it takes effect; only after {@link #stage} succeeded, in the order of the list. */
  default CompletionStage<Done> commit() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }
}
