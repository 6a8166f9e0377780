package io.ashlar.engine.facade;

import akka.Done;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.BitmapDefaults;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.DormantException;
import io.ashlar.engine.bitmap.bits.TreeBits;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.transaction.Actions;
import io.ashlar.engine.transaction.Transaction;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Commands on bitmaps; each is one message to the directory of its node, merges are one to each
 * node involved.
 */
final class BitmapsFacade implements Bitmaps {
  private final GraphControl control;
  private final Replies replies;

  BitmapsFacade(GraphControl control, Replies replies) {
    this.control = control;
    this.replies = replies;
  }

  @Override
  public Reply<List<BitmapInfo>> list(String node) {
    return replies.reply(
        "listing the bitmaps of '" + node + "'",
        () -> control.bitmaps(node, BitmapCommand.Describe::new));
  }

  @Override
  public Reply<BitmapInfo> add(String node, String name, Settings settings) {
    return replies.reply(
        "adding bitmap '" + name + "' to '" + node + "'",
        () ->
            control
                .<BitmapInfo>bitmaps(
                    node,
                    replyTo ->
                        new BitmapCommand.Add(name, settings, defaultGranularity(node), replyTo))
                .handle(
                    (info, error) ->
                        Replies.cause(error) instanceof DormantException
                            ? addFirst(node, name, settings)
                            : stage(info, error))
                .thenCompose(Function.identity()));
  }

  /** The first bitmap of a node: nobody counts its writers, so they must be out. */
  private CompletionStage<BitmapInfo> addFirst(String node, String name, Settings settings) {
    return Transaction.alone(control, Actions.add(node, name, settings))
        .run()
        .thenApply(
            changed ->
                control.runtime().nodes().get(node).core().bitmaps().infos().stream()
                    .filter(info -> info.name().equals(name))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new BlockException(
                                ErrorCode.BITMAP_NOT_FOUND,
                                "bitmap '"
                                    + name
                                    + "' of node '"
                                    + node
                                    + "' was added and removed again meanwhile")));
  }

  private static <T> CompletionStage<T> stage(T value, Throwable error) {
    return error == null
        ? CompletableFuture.completedFuture(value)
        : CompletableFuture.failedFuture(error);
  }

  private long defaultGranularity(String node) {
    return BitmapDefaults.granularity(control.runtime().nodes().get(node).core().driver());
  }

  @Override
  public Reply<Void> remove(String node, String name) {
    return replies.reply(
        "removing bitmap '" + name + "' of '" + node + "'",
        () ->
            removal(node, name)
                .thenApply(
                    removed -> {
                      if (!removed) {
                        throw new BlockException(
                            ErrorCode.BITMAP_NOT_FOUND,
                            "node '" + node + "' has no bitmap '" + name + "'");
                      }
                      return null;
                    }));
  }

  @Override
  public Reply<Boolean> removeIfPresent(String node, String name) {
    return replies.reply(
        "removing bitmap '" + name + "' of '" + node + "'", () -> removal(node, name));
  }

  private CompletionStage<Boolean> removal(String node, String name) {
    return control.bitmaps(node, replyTo -> new BitmapCommand.Remove(name, replyTo));
  }

  @Override
  public Reply<Void> clear(String node, String name) {
    return replies.reply(
        "clearing bitmap '" + name + "' of '" + node + "'",
        () -> nothing(control.bitmaps(node, replyTo -> new BitmapCommand.Clear(name, replyTo))));
  }

  @Override
  public Reply<Void> enable(String node, String name) {
    return setEnabled(node, name, true);
  }

  @Override
  public Reply<Void> disable(String node, String name) {
    return setEnabled(node, name, false);
  }

  private Reply<Void> setEnabled(String node, String name, boolean enabled) {
    return replies.reply(
        (enabled ? "enabling" : "disabling") + " bitmap '" + name + "' of '" + node + "'",
        () ->
            nothing(
                control.bitmaps(
                    node, replyTo -> new BitmapCommand.SetEnabled(name, enabled, replyTo))));
  }

  @Override
  public Reply<Void> merge(String node, String target, List<BitmapRef> sources) {
    return replies.reply(
        "merging into bitmap '" + target + "' of '" + node + "'",
        () ->
            sources.stream().allMatch(source -> source.node().equals(node))
                ? mergeOwn(node, target, sources)
                : Transaction.alone(control, Actions.merge(node, target, sources))
                    .run()
                    .thenApply(changed -> null));
  }

  /** Copies of the sources may miss what is written meanwhile; as if merged when copied. */
  private CompletionStage<Void> mergeOwn(String node, String target, List<BitmapRef> sources) {
    List<String> names = sources.stream().map(Actions::shown).toList();
    CompletionStage<List<BitTree>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (BitmapRef source : sources) {
      all =
          all.thenCompose(
              trees ->
                  control
                      .<BitTree>bitmaps(
                          node, replyTo -> new BitmapCommand.Snapshot(source.name(), true, replyTo))
                      .thenApply(
                          tree -> {
                            trees.add(tree);
                            return trees;
                          }));
    }
    return all.thenCompose(
        trees ->
            nothing(
                control.bitmaps(
                    node, replyTo -> new BitmapCommand.Merge(target, trees, names, replyTo))));
  }

  private CompletionStage<BitTree> snapshot(String node, String name) {
    return control.bitmaps(node, replyTo -> new BitmapCommand.Snapshot(name, replyTo));
  }

  @Override
  public Reply<DirtyView> dirty(String node, String name) {
    return replies.reply(
        "reading bitmap '" + name + "' of '" + node + "'",
        () ->
            snapshot(node, name)
                .thenApply(BitmapsFacade::exact)
                .handle(
                    (view, error) -> {
                      if (error == null) {
                        return view;
                      }
                      BlockException known = Replies.asBlockException("reading a bitmap", error);
                      if (known.code() == ErrorCode.BITMAP_INCONSISTENT) {
                        return new DirtyView.Unusable(known.getMessage());
                      }
                      throw known;
                    }));
  }

  private static DirtyView exact(BitTree tree) {
    List<DirtyView.Extent> extents = new ArrayList<>();
    long dirty = 0;
    long start = tree.nextDirty(0);
    while (start >= 0) {
      long clean = tree.nextClean(start);
      long end = clean < 0 ? tree.length() : clean;
      extents.add(new DirtyView.Extent(start, end - start));
      dirty += end - start;
      start = clean < 0 ? -1 : tree.nextDirty(end);
    }
    return new DirtyView.Exact(extents, dirty);
  }

  @Override
  public Reply<String> sha256(String node, String name) {
    return replies.reply(
        "hashing bitmap '" + name + "' of '" + node + "'",
        () -> snapshot(node, name).thenApply(TreeBits::sha256));
  }

  private static CompletionStage<Void> nothing(CompletionStage<Done> done) {
    return done.thenApply(ignored -> null);
  }
}
