package io.ashlar.engine.transaction;

import akka.Done;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.BitmapDefaults;
import io.ashlar.engine.bitmap.StagedBitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.control.GraphAction;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut.StagedNodes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** {@code block-dirty-bitmap-*} as actions, changes of the graph, and {@code abort}. */
public final class Actions {
  private Actions() {}

  /** {@code block-dirty-bitmap-add}. */
  public static Action add(String node, String name, Bitmaps.Settings settings) {
    return new Action() {
      @Override
      public String name() {
        return "block-dirty-bitmap-add";
      }

      @Override
      public Set<String> nodes() {
        return Set.of(node);
      }

      @Override
      public CompletionStage<Done> bitmaps(Staging staging) {
        long granularity = BitmapDefaults.granularity(staging.node(node).core().driver());
        return staging
            .bitmaps(node)
            .thenApply(
                staged -> {
                  staged.add(name, settings, granularity);
                  return Done.getInstance();
                });
      }
    };
  }

  /** {@code block-dirty-bitmap-remove}. */
  public static Action remove(String node, String name) {
    return simple("block-dirty-bitmap-remove", node, staged -> staged.remove(name));
  }

  /** {@code block-dirty-bitmap-clear}. */
  public static Action clear(String node, String name) {
    return simple("block-dirty-bitmap-clear", node, staged -> staged.clear(name));
  }

  /** {@code block-dirty-bitmap-enable} and {@code -disable}. */
  public static Action setEnabled(String node, String name, boolean enabled) {
    return simple(
        enabled ? "block-dirty-bitmap-enable" : "block-dirty-bitmap-disable",
        node,
        staged -> staged.setEnabled(name, enabled));
  }

  /** {@code block-dirty-bitmap-merge}: the sources are read as the actions before leave them. */
  public static Action merge(String node, String target, List<BitmapRef> sources) {
    Set<String> nodes = new LinkedHashSet<>();
    nodes.add(node);
    sources.forEach(source -> nodes.add(source.node()));
    List<String> names = sources.stream().map(Actions::shown).toList();
    return new Action() {
      @Override
      public String name() {
        return "block-dirty-bitmap-merge";
      }

      @Override
      public Set<String> nodes() {
        return nodes;
      }

      @Override
      public CompletionStage<Done> bitmaps(Staging staging) {
        return sources(staging, sources)
            .thenCombine(
                staging.bitmaps(node),
                (bits, staged) -> {
                  staged.merge(target, bits, names);
                  return Done.getInstance();
                });
      }
    };
  }

  /** A bitmap as histories show it. */
  public static String shown(BitmapRef bitmap) {
    return bitmap.node() + "/" + bitmap.name();
  }

  private static CompletionStage<List<BitTree>> sources(Staging staging, List<BitmapRef> sources) {
    CompletionStage<List<BitTree>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (BitmapRef source : sources) {
      all =
          all.thenCombine(
              staging.bitmaps(source.node()),
              (bits, staged) -> {
                bits.add(staged.source(source.name()));
                return bits;
              });
    }
    return all;
  }

  /** {@code abort}: refuses the transaction. */
  public static Action abort() {
    return new Action() {
      @Override
      public String name() {
        return "abort";
      }

      @Override
      public Set<String> nodes() {
        return Set.of();
      }

      @Override
      public CompletionStage<Done> bitmaps(Staging staging) {
        throw new BlockException(
            ErrorCode.CANCELLED, "the transaction was aborted by its action 'abort'");
      }
    };
  }

  /** A change of the graph that can also be made alone. */
  public static Action of(GraphAction change) {
    return new Action() {
      @Override
      public String name() {
        return change.what();
      }

      @Override
      public Set<String> nodes() {
        return change.touched();
      }

      @Override
      public GraphModel edit(GraphModel graph) {
        return change.edit().apply(graph);
      }

      @Override
      public CompletionStage<Done> stage(StagedNodes nodes) {
        return change.cut().prepare(nodes);
      }

      @Override
      public CompletionStage<Done> abort() {
        return change.cut().abort();
      }

      @Override
      public CompletionStage<Done> commit() {
        return change.cut().commit();
      }
    };
  }

  private static Action simple(String command, String node, Consumer<StagedBitmaps> change) {
    return new Action() {
      @Override
      public String name() {
        return command;
      }

      @Override
      public Set<String> nodes() {
        return Set.of(node);
      }

      @Override
      public CompletionStage<Done> bitmaps(Staging staging) {
        return staging
            .bitmaps(node)
            .thenApply(
                staged -> {
                  change.accept(staged);
                  return Done.getInstance();
                });
      }
    };
  }
}
