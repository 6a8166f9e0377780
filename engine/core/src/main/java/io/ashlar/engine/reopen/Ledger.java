package io.ashlar.engine.reopen;

import akka.Done;
import io.ashlar.engine.graph.Decision;
import io.ashlar.engine.graph.Edge;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeChange;
import io.ashlar.engine.graph.NodeChange.Writing;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenPass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * All that is known of one change while it runs. It belongs to no actor: whoever finds the
 * transaction dead reads here what was decided and who was asked, and carries it out.
 */
public final class Ledger {
  /**
   * A node was asked for something that may have to be undone.
   *
   * @param pass {@code null} for the opening of a new node
   */
  record Asked(String node, ReopenPass pass) {}

  /** How a participant ended the change before the decision. */
  enum Fault {
    REFUSED,
    DIED,
    TIMED_OUT
  }

  /**
   * Why the change was given up.
   *
   * @param node whose fault it was, or {@code null} when it was no node's
   */
  record Refusal(String node, Fault fault, BlockException error) {}

  private final Plan plan;
  private final Cut cut;
  private final GraphRuntime runtime;
  private final Map<String, NodeHandle> fresh;
  private final NodeServices services;
  private final Decision decision;
  private final Quiescence quiescence;
  private final Map<String, NodeChange> changes = new LinkedHashMap<>();
  private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
  private final Map<String, Map<String, Edge>> stagedEdges = new ConcurrentHashMap<>();
  private final Queue<Throwable> losses = new ConcurrentLinkedQueue<>();
  private volatile Refusal refusal;
  private volatile CompletionStage<Done> cutTaken;
  private volatile boolean cutStands;
  private volatile CompletionStage<Done> begun;

  /**
   * A change that nothing was done for yet.
   *
   * @param runtime the open nodes
   * @param fresh the new nodes, which nothing was opened with yet
   */
  public Ledger(
      Plan plan,
      Cut cut,
      GraphRuntime runtime,
      Map<String, NodeHandle> fresh,
      NodeServices services) {
    this.plan = plan;
    this.cut = cut;
    this.runtime = runtime;
    this.fresh = Map.copyOf(fresh);
    this.services = services;
    this.decision = services.rules().decision();
    this.quiescence = new Quiescence(plan, runtime);
    plan.down().forEach(this::addChange);
    plan.up().forEach(this::addChange);
  }

  private void addChange(String name) {
    NodeSpec next = plan.after().nodes().get(name);
    Writing writing =
        plan.losesWriting(name)
            ? Writing.LOST
            : plan.gainsWriting(name) ? Writing.GAINED : Writing.STAYS;
    changes.computeIfAbsent(
        name,
        n ->
            new NodeChange(
                handle(n).core(),
                next,
                plan.permissions().getOrDefault(n, Permissions.NONE),
                writing,
                decision,
                services));
  }

  /** What the change is to do. */
  public Plan plan() {
    return plan;
  }

  Cut cut() {
    return cut;
  }

  GraphRuntime runtime() {
    return runtime;
  }

  NodeServices services() {
    return services;
  }

  Decision decision() {
    return decision;
  }

  Quiescence quiescence() {
    return quiescence;
  }

  Map<String, NodeHandle> fresh() {
    return fresh;
  }

  Map<String, Map<String, Edge>> stagedEdges() {
    return stagedEdges;
  }

  NodeChange change(String node) {
    return changes.get(node);
  }

  /** Who takes part, in no particular order. */
  Iterable<String> participants() {
    return changes.keySet();
  }

  /**
   * A node as it is or is about to be.
   *
   * @throws BlockException NODE_NOT_FOUND
   */
  NodeHandle handle(String name) {
    NodeHandle handle = fresh.containsKey(name) ? fresh.get(name) : runtime.nodes().get(name);
    if (handle == null) {
      throw new BlockException(ErrorCode.NODE_NOT_FOUND, "no node is named '" + name + "'");
    }
    return handle;
  }

  /** Before the node is asked, so that what it does is never forgotten. */
  void asks(String node, ReopenPass pass) {
    asked.add(new Asked(node, pass));
  }

  List<Asked> latestFirst() {
    List<Asked> all = new ArrayList<>(asked);
    Collections.reverse(all);
    return services.rules().undo(all);
  }

  boolean wasAsked(String node) {
    return asked.stream().anyMatch(one -> one.node().equals(node));
  }

  /** What comes before the nodes' part has begun. */
  void begins(CompletionStage<Done> stage) {
    begun = stage;
  }

  /** That, or {@code null} when it never began. */
  CompletionStage<Done> begun() {
    return begun;
  }

  /** The work at the moment of the change begins. */
  void cutBegins(Supplier<CompletionStage<Done>> work) {
    cutStands = !cut.undoable();
    cutTaken = work.get();
  }

  /** Whether that work has begun and cannot be undone, so that its success is the decision. */
  boolean cutDecides() {
    return cutStands && cutTaken != null;
  }

  /** That work, or {@code null} when it never began. */
  CompletionStage<Done> cutTaken() {
    return cutTaken;
  }

  /** Gives the change up, unless it was decided otherwise. */
  void refuse(Refusal why) {
    if (decision.outcome() == Decision.Outcome.UNDECIDED) {
      refusal = why;
    }
    decision.abort();
  }

  /** Something cannot be kept, which the change must say although it takes effect. */
  void loses(Throwable error) {
    losses.add(error);
  }

  List<Throwable> losses() {
    return List.copyOf(losses);
  }

  /** Why it was given up, or {@code null} when nobody said so. */
  Refusal refusal() {
    return refusal;
  }
}
