package io.ashlar.engine.reopen;

import akka.Done;
import java.util.concurrent.CompletionStage;

/**
 * Work that belongs to the moment of a change: it runs when all nodes are prepared and quiesced,
 * before the decision, and may refuse. A backup takes its bitmap and begins its copy here, so that
 * both see the same instant.
 */
public interface Cut {
  /** A change without such work. */
  Cut NONE =
      new Cut() {
        @Override
        public CompletionStage<Done> prepare(StagedNodes nodes) {
          return java.util.concurrent.CompletableFuture.completedFuture(Done.getInstance());
        }

        @Override
        public CompletionStage<Done> abort() {
          return java.util.concurrent.CompletableFuture.completedFuture(Done.getInstance());
        }
      };

  /**
   * What must be on disk before nodes lose writing: runs when everything is quiesced and before any
   * node is asked to prepare. A failure refuses the change and leaves nothing to be undone.
   *
   * @param nodes those that exist; new ones are not open yet
   */
  default CompletionStage<Done> begin(StagedNodes nodes) {
    return java.util.concurrent.CompletableFuture.completedFuture(Done.getInstance());
  }

  /** Undoes {@link #begin}, after it succeeded and all nodes have undone what they prepared. */
  default CompletionStage<Done> giveUp() {
    return java.util.concurrent.CompletableFuture.completedFuture(Done.getInstance());
  }

  /** Does the work; a failure refuses the change. */
  CompletionStage<Done> prepare(StagedNodes nodes);

  /**
   * Whether it can be undone. The success of what cannot be undone is the decision: the change
   * stands then, whoever died meanwhile. When it ends after its time it stands as well, which the
   * answer says. Asked before {@link #prepare}.
   */
  default boolean undoable() {
    return true;
  }

  /** Undoes it, where it can be undone; only after {@link #prepare} succeeded. */
  CompletionStage<Done> abort();

  /**
   * The decision was to commit: what was only staged takes effect, before any node is told. Nothing
   * is undone any more; a failure is reported with the change that took effect.
   */
  default CompletionStage<Done> commit() {
    return java.util.concurrent.CompletableFuture.completedFuture(Done.getInstance());
  }

  /** The nodes as they will be. */
  interface StagedNodes {
    /** A node that exists or was opened by this change. */
    io.ashlar.engine.graph.NodeHandle node(String name);
  }
}
