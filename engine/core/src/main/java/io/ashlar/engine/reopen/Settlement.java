package io.ashlar.engine.reopen;

import akka.Done;
import akka.actor.typed.ActorSystem;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.graph.Decision;
import io.ashlar.engine.graph.NodeChange;
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.Plan;
import io.ashlar.engine.reopen.Ledger.Asked;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Has carried out what was decided: commits children first, or undoes in the reverse order of
 * asking. Nobody has to live for that: what an actor does not do is done for it. A step that does
 * not end in its time is left behind with what depends on it, which stays quiesced and named until
 * it has ended; everything else goes on at once.
 */
public final class Settlement {
  private static final Done DONE = Done.getInstance();

  private final Ledger ledger;
  private final Plan plan;
  private final ActorSystem<?> system;
  private final Duration limit;
  private final Account account;
  private final Leftovers leftovers;

  private Settlement(Ledger ledger, ActorSystem<?> system, Duration limit) {
    this.ledger = ledger;
    this.plan = ledger.plan();
    this.system = system;
    this.limit = limit;
    this.leftovers = new Leftovers(ledger);
    this.account = new Account(ledger, leftovers);
  }

  /**
   * Carries the decision out; where none was taken, the change is given up. To be called when the
   * transaction's actor has stopped, for whatever reason.
   *
   * @param limit for each step
   * @return completes when everything is done that is not left behind; does not fail
   */
  public static CompletionStage<Ended> run(Ledger ledger, ActorSystem<?> system, Duration limit) {
    Settlement settlement = new Settlement(ledger, system, limit);
    return settlement.irrevocable().thenCompose(done -> settlement.carryOutOrUndo());
  }

  /** What has happened and cannot be undone is decided by that, whoever died before he said so. */
  private CompletionStage<Done> irrevocable() {
    if (!ledger.cutDecides() || ledger.decision().outcome() != Decision.Outcome.UNDECIDED) {
      return done();
    }
    return Asks.within(ledger.cutTaken(), limit, system)
        .handle(
            (done, error) -> {
              if (error == null) {
                ledger.decision().commit();
              }
              return DONE;
            });
  }

  private CompletionStage<Ended> carryOutOrUndo() {
    boolean committed = ledger.decision().abort() == Decision.Outcome.COMMITTED;
    return guarded(committed ? this::carryOut : this::undo)
        .handle((done, error) -> end(committed, error));
  }

  private Ended end(boolean committed, Throwable error) {
    if (error != null) {
      account.trouble(error);
    }
    if (committed) {
      ledger.losses().forEach(account::trouble);
    }
    leftovers.resumeOthers().forEach(account::trouble);
    return account.ended(committed);
  }

  private CompletionStage<Done> undo() {
    CompletionStage<Done> all = undoCut();
    for (Asked one : ledger.latestFirst()) {
      all = all.thenCompose(done -> undo(one));
    }
    all = all.thenCompose(done -> undoBeginning());
    return all.thenApply(
        done -> {
          ledger.fresh().forEach(this::forget);
          return done;
        });
  }

  /** An actor that was never asked to open its node only has to stop. */
  private void forget(String name, NodeHandle handle) {
    if (!ledger.wasAsked(name)) {
      handle.close(system.scheduler());
    }
  }

  private CompletionStage<Done> undoCut() {
    CompletionStage<Done> taken = ledger.cutTaken();
    if (taken == null) {
      return done();
    }
    CompletionStage<Done> undone =
        taken
            .handle((done, error) -> error == null ? guarded(ledger.cut()::abort) : done())
            .thenCompose(Function.identity());
    return inTime(undone, () -> leftovers.everything(undone));
  }

  private CompletionStage<Done> undoBeginning() {
    CompletionStage<Done> begun = ledger.begun();
    if (begun == null) {
      return done();
    }
    Supplier<CompletionStage<Done>> undoing =
        () ->
            begun
                .handle((done, error) -> error == null ? guarded(ledger.cut()::giveUp) : done())
                .thenCompose(Function.identity());
    if (plan.touched().stream().anyMatch(leftovers::holds)) {
      leftovers.afterwards(undoing);
      return done();
    }
    CompletionStage<Done> undone = undoing.get();
    return inTime(undone, () -> leftovers.everything(undone));
  }

  private CompletionStage<Done> undo(Asked one) {
    if (leftovers.holds(one.node())) {
      leftovers.afterwards(() -> undoing(one));
      return done();
    }
    CompletionStage<Done> undone = guarded(() -> undoing(one));
    Runnable late = () -> leftovers.participant(one.node(), undone);
    if (account.timedOut(one.node()) && ledger.change(one.node()).inside()) {
      late.run(); // It had its time.
      return done();
    }
    return inTime(undone, late);
  }

  private CompletionStage<Done> undoing(Asked one) {
    NodeHandle handle = ledger.handle(one.node());
    NodeChange change = ledger.change(one.node());
    if (one.pass() == null) {
      return change
          .closeOpened()
          .handle((done, error) -> handle.close(system.scheduler()))
          .thenCompose(Function.identity());
    }
    return orForTheDead(
        one.node(),
        handle.ask(
            replyTo -> new NodeCommand.AbortReopen(one.pass(), change, replyTo),
            system.scheduler()),
        () -> change.abort(one.pass(), NodeChange.Directory.DEAD));
  }

  private CompletionStage<Done> carryOut() {
    CompletionStage<Done> cut = guarded(ledger.cut()::commit);
    CompletionStage<Done> all = inTime(cut, () -> leftovers.everything(cut));
    List<String> inactivated = plan.inactivated();
    for (String name : inactivated) {
      all = all.thenCompose(done -> commit(name));
    }
    for (String name : plan.up()) {
      if (!plan.added().contains(name) && !inactivated.contains(name)) {
        all = all.thenCompose(done -> commit(name));
      }
    }
    all = all.thenCompose(done -> inTime(guarded(this::retarget), () -> {}));
    for (String name : plan.removed()) {
      all = all.thenCompose(done -> close(name));
    }
    return all.thenApply(
        done -> {
          Retargeting.forget(plan, ledger.runtime());
          return done;
        });
  }

  private CompletionStage<Done> commit(String name) {
    NodeChange change = ledger.change(name);
    CompletionStage<Done> committed =
        orForTheDead(
            name,
            ledger
                .handle(name)
                .ask(replyTo -> new NodeCommand.CommitReopen(change, replyTo), system.scheduler()),
            () -> change.commit(NodeChange.Directory.DEAD));
    return inTime(committed, () -> leftovers.alone(name, committed));
  }

  private CompletionStage<Done> retarget() {
    Retargeting.apply(ledger);
    leftovers.adoptDevices();
    return done();
  }

  private CompletionStage<Done> close(String name) {
    NodeHandle handle = ledger.handle(name);
    if (leftovers.holds(name)) {
      leftovers.afterwards(() -> handle.close(system.scheduler()));
      return done();
    }
    CompletionStage<Done> closed = handle.close(system.scheduler());
    return inTime(closed, () -> leftovers.removed(name, closed));
  }

  /** What is idempotent is simply done again, without the actor. */
  private CompletionStage<Done> orForTheDead(
      String name, CompletionStage<Done> asked, Supplier<CompletionStage<Done>> self) {
    return asked
        .handle(
            (done, error) -> {
              if (error == null) {
                return done();
              }
              if (Asks.cause(error) instanceof BlockException known
                  && known.code() == ErrorCode.NODE_FAILED) {
                account.died(name);
              }
              return guarded(() -> ledger.services().rules().forTheDead(name, self));
            })
        .thenCompose(Function.identity());
  }

  private CompletionStage<Done> inTime(CompletionStage<Done> step, Runnable late) {
    return Asks.within(step, limit, system)
        .handle(
            (done, error) -> {
              if (error != null && Asks.cause(error) instanceof TimeoutException) {
                late.run();
              } else if (error != null) {
                account.trouble(error);
              }
              return DONE;
            });
  }

  private static CompletionStage<Done> guarded(Supplier<CompletionStage<Done>> step) {
    try {
      return step.get();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static CompletionStage<Done> done() {
    return CompletableFuture.completedFuture(DONE);
  }
}
