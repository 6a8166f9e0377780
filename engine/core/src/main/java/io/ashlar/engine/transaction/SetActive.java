package io.ashlar.engine.transaction;

import akka.Done;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * {@code blockdev-set-active}. An inactive node has its image closed, after everything was stored
 * and flushed, so that another process can have it; activation opens it anew. Children follow: into
 * inactivity when nobody active is left above them, into activity always.
 *
 * <p>Whatever refuses it, a writer, a job, an export with a bitmap, an error of the disk, refuses
 * it before anything is dropped from memory.
 */
public final class SetActive implements Action {
  private final String node;
  private final boolean active;
  private volatile Set<String> changed = Set.of();

  /**
   * The change.
   *
   * @param node its name, or {@code null} for all nodes
   */
  public SetActive(String node, boolean active) {
    this.node = node;
    this.active = active;
  }

  @Override
  public String name() {
    return "blockdev-set-active";
  }

  @Override
  public Set<String> nodes() {
    return node == null ? Set.of() : Set.of(node);
  }

  @Override
  public GraphModel edit(GraphModel graph) {
    GraphModel next = graph;
    Set<String> all = new LinkedHashSet<>();
    for (String name : node == null ? graph.parentsFirst(Integer.MAX_VALUE) : List.of(node)) {
      next = active ? activate(next, name, all) : inactivate(next, name, all);
    }
    changed = all;
    return next;
  }

  private static GraphModel activate(GraphModel graph, String from, Set<String> all) {
    GraphModel next = graph;
    graph.node(from);
    for (String name : graph.reachable(Set.of(from))) {
      if (!next.node(name).active()) {
        all.add(name);
        next = next.with(next.node(name).asActive(true));
      }
    }
    return next;
  }

  private static GraphModel inactivate(GraphModel graph, String from, Set<String> all) {
    GraphModel next = graph;
    for (String parent : graph.parents(from)) {
      if (graph.node(parent).active()) {
        throw new BlockException(
            ErrorCode.NODE_IN_USE,
            "node '"
                + from
                + "' cannot be inactive while node '"
                + parent
                + "' above it is active; make that one inactive");
      }
    }
    Deque<String> todo = new ArrayDeque<>(List.of(from));
    while (!todo.isEmpty()) {
      String name = todo.poll();
      GraphModel now = next;
      NodeSpec spec = now.node(name);
      if (spec.active() && now.parents(name).stream().noneMatch(p -> now.node(p).active())) {
        requireNoJob(now, name);
        all.add(name);
        next = now.with(spec.asActive(false));
        todo.addAll(spec.children().values());
      }
    }
    return next;
  }

  private static void requireNoJob(GraphModel graph, String node) {
    for (String device : graph.devicesOn(node)) {
      DeviceSpec spec = graph.devices().get(device);
      if (spec.fixed()) {
        throw new BlockException(
            ErrorCode.NODE_IN_USE,
            "node '" + node + "' is in the hands of a job; wait for its end or cancel it");
      }
    }
  }

  /** Users' commands on the bitmaps wait until it is decided, and none of them is held. */
  @Override
  public CompletionStage<Done> bitmaps(Staging staging) {
    CompletionStage<Done> all = Transaction.done();
    for (String name : changed) {
      all =
          all.thenCompose(done -> staging.bitmaps(name))
              .thenApply(
                  bitmaps -> {
                    bitmaps.requireFree();
                    return Done.getInstance();
                  });
    }
    return all;
  }
}
