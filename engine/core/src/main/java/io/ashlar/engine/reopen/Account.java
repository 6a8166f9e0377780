package io.ashlar.engine.reopen;

import akka.Done;
import io.ashlar.engine.api.ReopenResult.Outcome;
import io.ashlar.engine.api.ReopenResult.PerNode;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.reopen.Ledger.Fault;
import io.ashlar.engine.reopen.Ledger.Refusal;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a change has done to each node, for the one who asked for it. */
final class Account {
  private static final String HELD =
      "it is inside a call of its driver and stays quiesced until that returns";

  /** Of work that cannot be undone and has not ended in its time. */
  static final String STILL_COMES =
      "it cannot be undone and takes effect when its call returns. Until then the nodes that it"
          + " touches wait quiesced, everything else goes on";

  private final Ledger ledger;
  private final Leftovers leftovers;
  private final Set<String> dead = ConcurrentHashMap.newKeySet();
  private final Queue<Throwable> troubles = new ConcurrentLinkedQueue<>();

  Account(Ledger ledger, Leftovers leftovers) {
    this.ledger = ledger;
    this.leftovers = leftovers;
  }

  void trouble(Throwable error) {
    troubles.add(Asks.cause(error));
  }

  void died(String node) {
    dead.add(node);
  }

  boolean timedOut(String node) {
    Refusal refusal = ledger.refusal();
    return refusal != null && refusal.fault() == Fault.TIMED_OUT && node.equals(refusal.node());
  }

  Ended ended(boolean committed) {
    Set<String> names = new LinkedHashSet<>(ledger.plan().before().nodes().keySet());
    names.addAll(ledger.plan().after().nodes().keySet());
    List<PerNode> nodes = new ArrayList<>();
    for (String name : names) {
      nodes.add(committed ? afterCommit(name) : afterAbort(name));
    }
    return new Ended(committed, committed ? null : error(), nodes, new ArrayList<>(troubles));
  }

  private PerNode afterCommit(String name) {
    if (leftovers.holds(name)) {
      return new PerNode(name, Outcome.TIMED_OUT, "the change stands; " + HELD);
    }
    if (dead.contains(name)) {
      return new PerNode(name, Outcome.DIED, "the change stands; it was finished for its actor");
    }
    return new PerNode(
        name, ledger.change(name) == null ? Outcome.UNCHANGED : Outcome.COMMITTED, "");
  }

  private PerNode afterAbort(String name) {
    Refusal refusal = ledger.refusal();
    if (leftovers.holds(name)) {
      return new PerNode(name, Outcome.TIMED_OUT, HELD);
    }
    if (refusal != null && name.equals(refusal.node())) {
      Outcome outcome =
          switch (refusal.fault()) {
            case REFUSED -> Outcome.REFUSED;
            case DIED -> Outcome.DIED;
            case TIMED_OUT -> Outcome.TIMED_OUT;
          };
      return new PerNode(name, outcome, refusal.error().getMessage());
    }
    if (dead.contains(name)) {
      return new PerNode(name, Outcome.DIED, "what it had prepared was undone for its actor");
    }
    return new PerNode(name, ledger.wasAsked(name) ? Outcome.UNDONE : Outcome.UNCHANGED, "");
  }

  private BlockException error() {
    Refusal refusal = ledger.refusal();
    if (refusal != null) {
      return refusal.error();
    }
    if (ledger.cutDecides() && !ledger.cutTaken().toCompletableFuture().isDone()) {
      return new BlockException(
          ErrorCode.TIMED_OUT,
          "the work at the moment of the change did not end its part in time; " + STILL_COMES);
    }
    return cutFailure()
        .orElseGet(
            () ->
                new BlockException(
                    ErrorCode.INTERNAL,
                    "the transaction ended before it had decided; everything it had prepared was"
                        + " undone"));
  }

  /** What that work failed with when nobody was left to hear it. */
  private Optional<BlockException> cutFailure() {
    CompletionStage<Done> taken = ledger.cutTaken();
    if (taken == null) {
      return Optional.empty();
    }
    return taken
        .handle(
            (done, error) ->
                Asks.cause(error) instanceof BlockException known
                    ? Optional.of(known)
                    : Optional.<BlockException>empty())
        .toCompletableFuture()
        .getNow(Optional.empty());
  }
}
