package io.ashlar.engine.reopen;

import akka.Done;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a change leaves behind because it is inside a call that does not return: these nodes stay
 * quiesced and named in the runtime until the call has returned and its end was carried out.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  private final Ledger ledger;
  private final Plan plan;
  private final Set<String> nodes = ConcurrentHashMap.newKeySet();
  private CompletionStage<?> end = CompletableFuture.completedFuture(Done.getInstance());

  Leftovers(Ledger ledger) {
    this.ledger = ledger;
    this.plan = ledger.plan();
  }

  boolean holds(String node) {
    return nodes.contains(node);
  }

  /**
   * A participant that is late before the decision. What it was lent, the staged access to nodes
   * below it, is undone after it, for its call may still be using that.
   */
  void participant(String node, CompletionStage<Done> undone) {
    for (String below : plan.after().reachable(Set.of(node))) {
      if (ledger.wasAsked(below)) {
        nodes.add(below);
      }
    }
    alone(node, undone);
  }

  /** A node that is late after the decision. */
  void alone(String node, CompletionStage<Done> step) {
    nodes.add(node);
    waitFor(step);
  }

  /** A node that goes and does not; what goes with it and lies below is closed after it. */
  void removed(String node, CompletionStage<Done> closed) {
    Set<String> below = new HashSet<>(plan.before().reachable(Set.of(node)));
    below.retainAll(plan.removed());
    nodes.addAll(below);
    alone(node, closed);
  }

  /** Work that is nobody's in particular: all that the change touches waits. */
  void everything(CompletionStage<Done> work) {
    nodes.addAll(plan.touched());
    nodes.addAll(plan.added());
    waitFor(work);
  }

  /** To be done when the calls that are waited for have returned. */
  void afterwards(Supplier<CompletionStage<Done>> step) {
    end = quiet(end.thenCompose(done -> step.get()));
  }

  private void waitFor(CompletionStage<Done> step) {
    end = quiet(end.thenCombine(quiet(step), (a, b) -> b));
  }

  private CompletionStage<?> quiet(CompletionStage<?> step) {
    return step.handle(
        (done, error) -> {
          if (error != null) {
            LOG.warn("What a change had left behind ended with an error: {}", error.toString());
          }
          return Done.getInstance();
        });
  }

  /** Devices that the change has attached to such a node wait as well. */
  void adoptDevices() {
    if (nodes.isEmpty()) {
      return;
    }
    for (DeviceCore device : ledger.runtime().devices().values()) {
      if (!plan.before().devices().containsKey(device.name())) {
        ledger.quiescence().adopt(device, nodes);
      }
    }
  }

  /**
   * Lets go on what is not left behind; the rest follows by itself.
   *
   * @return what drivers threw
   */
  List<BlockException> resumeOthers() {
    Set<String> late = Set.copyOf(ledger.services().rules().stayQuiesced(nodes));
    Set<String> names = new TreeSet<>(late);
    if (!late.isEmpty()) {
      ledger.runtime().hold(late);
      LOG.warn("Nodes {} stay quiesced: a call into a driver has not returned", names);
    }
    List<BlockException> errors = new ArrayList<>(ledger.quiescence().end(late));
    if (!late.isEmpty()) {
      end.thenAccept(
          done -> {
            ledger
                .quiescence()
                .end(Set.of())
                .forEach(error -> LOG.warn("After a late answer: {}", error.getMessage()));
            ledger.runtime().resume(late);
            LOG.warn("Nodes {} go on: the call has returned and its end was carried out", names);
          });
    }
    return errors;
  }
}
