package io.ashlar.engine.transaction;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.DirectoryFinish;
import io.ashlar.engine.bitmap.NodeBitmaps;
import io.ashlar.engine.bitmap.StagedBitmaps;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.graph.NodeCore;
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
  private final String by;
  private final StagedNodes nodes;
  private final Predicate<String> losesWriting;
  private final Map<String, CompletionStage<NodeStage>> begun = new ConcurrentHashMap<>();

  /** Those that answered; all of them by the time of prepare. */
  private final Map<String, NodeStage> stages = new ConcurrentHashMap<>();

  /**
   * Stages on the nodes of a change.
   *
   * @param by what asked for it, for the history
   */
  NodeStages(GraphControl control, String by, StagedNodes nodes, Predicate<String> losesWriting) {
    this.control = control;
    this.by = by;
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
        .<StagedBitmaps>bitmaps(handle, replyTo -> new BitmapCommand.Stage(by, replyTo))
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
    return tell(BitmapCommand.CommitStaged::new, DirectoryFinish::commit);
  }

  CompletionStage<Done> abort() {
    return tell(BitmapCommand.AbortStaged::new, DirectoryFinish::abort);
  }

  /** What a directory is told; its end is carried out for one that is dead. */
  private interface Message {
    BitmapCommand of(StagedBitmaps bitmaps, ActorRef<StatusReply<Done>> replyTo);
  }

  private interface Finish {
    void run(String node, NodeBitmaps bitmaps, StagedBitmaps staged);
  }

  /** Tells all of them, and then the first failure. */
  private CompletionStage<Done> tell(Message message, Finish finish) {
    CompletableFuture<?>[] all =
        stages.values().stream()
            .map(stage -> tell(stage, message, finish).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(all).thenApply(ignored -> Done.getInstance());
  }

  private CompletionStage<Done> tell(NodeStage stage, Message message, Finish finish) {
    NodeCore core = stage.handle().core();
    return control
        .<Done>bitmaps(stage.handle(), replyTo -> message.of(stage.bitmaps(), replyTo))
        .handle(
            (done, error) -> {
              if (error == null || Asks.cause(error) instanceof BlockException e && !dead(e)) {
                return CompletableFuture.<Done>completedFuture(done)
                    .thenApply(d -> succeeded(d, error));
              }
              return CompletableFuture.supplyAsync(
                  () -> {
                    finish.run(core.name(), core.bitmaps(), stage.bitmaps());
                    return Done.getInstance();
                  },
                  control.services().drivers());
            })
        .thenCompose(Function.identity());
  }

  private static boolean dead(BlockException e) {
    return e.code() == ErrorCode.NODE_FAILED || e.code() == ErrorCode.CLOSED;
  }

  private static Done succeeded(Done done, Throwable error) {
    if (error != null) {
      throw (BlockException) Asks.cause(error);
    }
    return done;
  }
}
