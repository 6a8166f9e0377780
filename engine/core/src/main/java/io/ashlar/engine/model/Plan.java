package io.ashlar.engine.model;

import io.ashlar.spi.Permissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a change from one graph to the next asks of each node.
 *
 * @param before the graph as it is
 * @param after the graph as it shall be
 * @param permissions of the graph as it shall be, by node
 * @param down nodes that lose something, parents first
 * @param up nodes that gain something or merely change, and new nodes, children first
 * @param added new nodes
 * @param removed nodes to be closed, parents first
 * @param quiesced devices that wait while this happens
 * @param touched all nodes whose requests must be out
 */
public record Plan(
    GraphModel before,
    GraphModel after,
    Map<String, Permissions> permissions,
    List<String> down,
    List<String> up,
    Set<String> added,
    List<String> removed,
    Set<String> quiesced,
    Set<String> touched) {

  /** Whether a node changes from read-write to read-only, or goes. */
  public boolean losesWriting(String node) {
    NodeSpec old = before.nodes().get(node);
    NodeSpec next = after.nodes().get(node);
    return old != null && old.writable() && (next == null || !next.writable());
  }

  /** Whether a node becomes read-write. */
  public boolean gainsWriting(String node) {
    NodeSpec old = before.nodes().get(node);
    NodeSpec next = after.nodes().get(node);
    return next != null && next.writable() && (old == null || !old.writable());
  }

  /** Nodes that become inactive, parents first: a parent closes through its children. */
  public List<String> inactivated() {
    return down.stream()
        .filter(
            name ->
                after.nodes().containsKey(name)
                    && before.node(name).active()
                    && !after.node(name).active())
        .toList();
  }

  /** The same plan with more nodes quiesced. */
  public Plan touching(Set<String> more) {
    if (touched.containsAll(more)) {
      return this;
    }
    Set<String> allTouched = new LinkedHashSet<>(touched);
    allTouched.addAll(more);
    Set<String> allQuiesced = new LinkedHashSet<>(quiesced);
    allQuiesced.addAll(before.devicesReaching(more));
    return new Plan(before, after, permissions, down, up, added, removed, allQuiesced, allTouched);
  }
}
