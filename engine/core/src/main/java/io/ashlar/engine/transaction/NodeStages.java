package io.ashlar.engine.transaction;

import akka.Done;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.StagedBitmaps;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.reopen.Cut.StagedNodes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The bitmaps of all nodes of one transaction: worked out first, then told to the images one after
 * the other, then published together.
 */
final class NodeStages implements Staging {
  /** The bitmaps of one node, once its directory has begun. */
  private record NodeStage(NodeHandle handle, StagedBitmaps bitmaps) {}

  private final GraphControl control;
  private final StagedNodes nodes;
  private final Predicate<String> losesWriting;
  private final Map<String, CompletionStage<NodeStage>> begun = new ConcurrentHashMap<>();

  /** Those that answered; all of them by the time of prepare. */
  private final Map<String, NodeStage> stages = new ConcurrentHashMap<>();

  NodeStages(GraphControl control, StagedNodes nodes, Predicate<String> losesWriting) {
    this.control = control;
    this.nodes = nodes;
    this.losesWriting = losesWriting;
  }

  @Override
  public NodeHandle node(String name) {
    return nodes.node(name);
  }

  @Override
  public CompletionStage<StagedBitmaps> bitmaps(String node) {
    return begun.computeIfAbsent(node, this::begin).thenApply(NodeStage::bitmaps);
  }

  private CompletionStage<NodeStage> begin(String node) {
    NodeHandle handle = nodes.node(node);
    return control
        .bitmaps(handle, BitmapCommand.Stage::new)
        .thenApply(
            bitmaps -> {
              NodeStage stage = new NodeStage(handle, bitmaps);
              stages.put(node, stage);
              return stage;
            });
  }

  /** Tells the images; one that cannot be told back comes last, and there is at most one. */
  CompletionStage<Done> prepare() {
    List<NodeStage> order = new ArrayList<>(stages.values());
    order.sort(
        Comparator.comparing((NodeStage stage) -> stage.bitmaps().irrevocable())
            .thenComparing(stage -> stage.handle().core().name()));
    check(order);
    CompletionStage<Done> all = Transaction.done();
    for (NodeStage stage : order) {
      all = all.thenCompose(done -> prepare(stage));
    }
    return all;
  }

  private void check(List<NodeStage> order) {
    if (order.stream().filter(stage -> stage.bitmaps().irrevocable()).count() > 1) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "bitmaps that cannot be used are removed from two images, which cannot be undone"
              + " together; remove them one by one");
    }
    for (NodeStage stage : order) {
      if (losesWriting.test(stage.handle().core().name())) {
        stage.bitmaps().requireOnlyRemovals();
      }
    }
  }

  private CompletionStage<Done> prepare(NodeStage stage) {
    return control.bitmaps(
        stage.handle(), replyTo -> new BitmapCommand.PrepareStaged(stage.bitmaps(), replyTo));
  }

  CompletionStage<Done> commit() {
    return tell(bitmaps -> replyTo -> new BitmapCommand.CommitStaged(bitmaps, replyTo));
  }

  CompletionStage<Done> abort() {
    return tell(bitmaps -> replyTo -> new BitmapCommand.AbortStaged(bitmaps, replyTo));
  }

  /** Tells all of them, and then the first failure. */
  private CompletionStage<Done> tell(
      Function<
              StagedBitmaps,
              Function<akka.actor.typed.ActorRef<akka.pattern.StatusReply<Done>>, BitmapCommand>>
          message) {
    CompletableFuture<?>[] all =
        stages.values().stream()
            .map(
                stage ->
                    control
                        .<Done>bitmaps(stage.handle(), message.apply(stage.bitmaps()))
                        .toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(all).thenApply(ignored -> Done.getInstance());
  }
}
