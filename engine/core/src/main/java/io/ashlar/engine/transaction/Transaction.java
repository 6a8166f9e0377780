package io.ashlar.engine.transaction;

import akka.Done;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * One {@code transaction}: a single change of the graph in whose moment all actions are staged.
 * Nothing takes effect before all of them could; what fails is undone exactly, and the error names
 * the action by its index from 0. Used once.
 */
public final class Transaction implements Cut {
  private final GraphControl control;
  private final String what;
  private final List<Action> actions;
  private final boolean numbered;
  private final Deque<Action> staged = new ArrayDeque<>();
  private volatile NodeStages nodes;
  private volatile GraphModel before;
  private volatile GraphModel after;

  /** A transaction of these actions, in this order. */
  public Transaction(GraphControl control, List<Action> actions) {
    this(control, "transaction", actions, true);
  }

  private Transaction(GraphControl control, String what, List<Action> actions, boolean numbered) {
    this.control = control;
    this.what = what;
    this.actions = List.copyOf(actions);
    this.numbered = numbered;
  }

  /** One action by itself, as a command of its own name that needs its nodes quiesced. */
  public static Transaction alone(GraphControl control, Action action) {
    return new Transaction(control, action.name(), List.of(action), false);
  }

  /** Runs it: refused with everything as before, or all of it took effect. */
  public CompletionStage<Changed> run() {
    Set<String> touched = new LinkedHashSet<>();
    actions.forEach(action -> touched.addAll(action.nodes()));
    return control.change(what, this::edit, touched, this);
  }

  private GraphModel edit(GraphModel model) {
    GraphModel next = model;
    for (int i = 0; i < actions.size(); i++) {
      try {
        next = actions.get(i).edit(next);
        actions.get(i).nodes().forEach(next::node);
      } catch (RuntimeException e) {
        throw named(i, e);
      }
    }
    before = model;
    after = next;
    return next;
  }

  @Override
  public CompletionStage<Done> begin(StagedNodes stagedNodes) {
    NodeStages stages = new NodeStages(control, what, stagedNodes, this::losesWriting);
    nodes = stages;
    return each(action -> action.bitmaps(stages))
        .thenCompose(ignored -> stages.prepare())
        .handle((ignored, error) -> error == null ? done() : after(stages.abort(), error))
        .thenCompose(Function.identity());
  }

  @Override
  public CompletionStage<Done> giveUp() {
    return nodes.abort();
  }

  @Override
  public CompletionStage<Done> prepare(StagedNodes stagedNodes) {
    return each(action ->
            action
                .stage(stagedNodes)
                .thenApply(
                    ignored -> {
                      staged.push(action);
                      return ignored;
                    }))
        .handle((ignored, error) -> error == null ? done() : after(abort(), error))
        .thenCompose(Function.identity());
  }

  /** Does something with each action in the order of the list, up to the first failure. */
  private CompletionStage<Done> each(Function<Action, CompletionStage<Done>> step) {
    CompletionStage<Done> all = done();
    for (int i = 0; i < actions.size(); i++) {
      int index = i;
      all = all.thenCompose(ignored -> one(index, step));
    }
    return all;
  }

  private CompletionStage<Done> one(int index, Function<Action, CompletionStage<Done>> step) {
    CompletionStage<Done> stage;
    try {
      stage = step.apply(actions.get(index));
    } catch (RuntimeException e) {
      throw named(index, e);
    }
    return stage.handle(
        (ignored, error) -> {
          if (error != null) {
            throw named(index, error);
          }
          return ignored;
        });
  }

  /** The failure, after what was done before it is undone. */
  private static CompletionStage<Done> after(CompletionStage<Done> undone, Throwable error) {
    BlockException first = asBlockException(error);
    return undone.handle(
        (ignored, second) -> {
          if (second != null) {
            first.addSuppressed(second);
          }
          throw first;
        });
  }

  /** Later actions first; the first failure is the answer, after all were undone. */
  @Override
  public CompletionStage<Done> abort() {
    CompletionStage<Throwable> all = CompletableFuture.completedFuture(null);
    for (Action action : staged) {
      all = all.thenCompose(failure -> collect(failure, action.abort()));
    }
    staged.clear();
    return all.thenApply(Transaction::succeeded);
  }

  @Override
  public CompletionStage<Done> commit() {
    CompletionStage<Throwable> all = CompletableFuture.completedFuture(null);
    for (Action action : actions) {
      all = all.thenCompose(failure -> collect(failure, action.commit()));
    }
    return all.thenCompose(failure -> collect(failure, nodes.commit()))
        .thenApply(Transaction::succeeded);
  }

  private static Done succeeded(Throwable failure) {
    if (failure != null) {
      throw asBlockException(failure);
    }
    return Done.getInstance();
  }

  private boolean losesWriting(String node) {
    return before.nodes().containsKey(node)
        && after.nodes().containsKey(node)
        && !before.node(node).nodeOptions().readOnly()
        && after.node(node).nodeOptions().readOnly();
  }

  private static CompletionStage<Throwable> collect(Throwable before, CompletionStage<Done> step) {
    return step.handle((ignored, error) -> before != null ? before : error);
  }

  static CompletionStage<Done> done() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  private BlockException named(int index, Throwable error) {
    BlockException known = asBlockException(error);
    if (!numbered) {
      return known;
    }
    return new BlockException(
        known.code(),
        "action " + index + " (" + actions.get(index).name() + "): " + known.getMessage(),
        known);
  }

  private static BlockException asBlockException(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof BlockException known
        ? known
        : new BlockException(
            ErrorCode.INTERNAL, "a transaction failed unexpectedly: " + cause, cause);
  }
}
