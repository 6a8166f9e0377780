package io.ashlar.engine.control;

import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.CheckedChild;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the structural commands make of a graph. Pure functions. */
public final class Edits {
  private Edits() {}

  /** {@code blockdev-add}: the node with its nested children. */
  public static GraphModel add(GraphModel graph, CheckedNode node) {
    GraphModel next = graph;
    Map<String, String> children = new LinkedHashMap<>();
    Set<String> detached = new LinkedHashSet<>();
    Set<String> owned = new LinkedHashSet<>();
    for (Map.Entry<String, CheckedChild> entry : node.children().entrySet()) {
      CheckedChild child = entry.getValue();
      if (child instanceof CheckedChild.ByName byName) {
        children.put(entry.getKey(), byName.nodeName());
      } else if (child instanceof CheckedChild.Inline inline) {
        next = add(next, inline.node());
        children.put(entry.getKey(), inline.node().nodeName());
        owned.add(inline.node().nodeName());
      } else {
        detached.add(entry.getKey());
      }
    }
    return next.plus(
        new NodeSpec(
            node.nodeName(),
            node.driver(),
            node.nodeOptions(),
            node.options(),
            children,
            detached,
            owned,
            node.stated(),
            false));
  }

  /** {@code blockdev-del}: the node, and its nested children that nobody else uses. */
  public static GraphModel remove(GraphModel graph, String name) {
    NodeSpec spec = graph.node(name);
    List<String> parents = graph.parents(name);
    if (!parents.isEmpty()) {
      throw new BlockException(
          ErrorCode.NODE_IN_USE,
          "node '" + name + "' is in use by node '" + parents.get(0) + "'; remove that one first");
    }
    return dropUnused(graph.minus(name), spec.owned());
  }

  private static GraphModel dropUnused(GraphModel graph, Set<String> candidates) {
    GraphModel next = graph;
    for (String name : candidates) {
      NodeSpec spec = next.nodes().get(name);
      if (spec != null && next.parents(name).isEmpty() && next.devicesOn(name).isEmpty()) {
        next = dropUnused(next.minus(name), spec.owned());
      }
    }
    return next;
  }

  /** Puts a filter between a node and all its parents and devices. */
  public static GraphModel insertFilter(GraphModel graph, CheckedNode filter, String above) {
    graph.node(above);
    String role = filteredRole(filter.driver().options().children(), filter.driver().name());
    if (!(filter.children().get(role) instanceof CheckedChild.ByName named)
        || !named.nodeName().equals(above)) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "'"
              + role
              + "' of filter '"
              + filter.nodeName()
              + "' must name node '"
              + above
              + "', above which it is put");
    }
    return moveUsers(graph, add(graph, filter), above, filter.nodeName());
  }

  /** Takes a filter out; its users get its child. */
  public static GraphModel removeFilter(GraphModel graph, String name) {
    NodeSpec filter = graph.node(name);
    String role = filteredRole(filter.driver().options().children(), filter.driver().name());
    String child = filter.children().get(role);
    return dropUnused(moveUsers(graph, graph, name, child).minus(name), filter.owned());
  }

  /**
   * The node as users see it: the topmost of the engine's own filters above it, or the node itself.
   */
  public static String visible(GraphModel graph, String name) {
    graph.node(name);
    for (String parent : graph.parents(name)) {
      NodeSpec spec = graph.node(parent);
      if (spec.hidden()
          && name.equals(
              spec.children().get(filteredRole(spec.driver().options().children(), parent)))) {
        return visible(graph, parent);
      }
    }
    return name;
  }

  /** Points everything that uses one node to another. */
  public static GraphModel moveUsers(GraphModel graph, String from, String to) {
    return moveUsers(graph, graph, from, to);
  }

  /** One node read-only or writable, and the nested children that inherit that with it. */
  public static GraphModel readOnly(GraphModel graph, String node, boolean value) {
    return ReopenEdit.readOnly(graph, node, value);
  }

  /** A nested child becomes a node of its own, which is not closed with its parent. */
  public static GraphModel disown(GraphModel graph, String child) {
    GraphModel next = graph;
    for (String parent : graph.parents(child)) {
      next = next.with(graph.node(parent).without(child));
    }
    return next;
  }

  /** Points everything that used one node in {@code users} to another. */
  private static GraphModel moveUsers(GraphModel users, GraphModel graph, String from, String to) {
    GraphModel next = graph;
    for (String parent : users.parents(from)) {
      NodeSpec spec = next.node(parent);
      for (Map.Entry<String, String> child : spec.children().entrySet()) {
        if (child.getValue().equals(from)) {
          spec = spec.withChild(child.getKey(), to);
        }
      }
      next = next.with(spec);
    }
    for (String name : users.devicesOn(from)) {
      DeviceSpec device = next.devices().get(name);
      if (!device.fixed()) {
        next = next.with(device.on(to));
      }
    }
    return next;
  }

  private static String filteredRole(List<ChildSpec> children, String driver) {
    return children.stream()
        .filter(child -> child.kind() == ChildKind.FILTERED)
        .map(ChildSpec::role)
        .findFirst()
        .orElseThrow(
            () ->
                new BlockException(
                    ErrorCode.NOT_SUPPORTED,
                    "driver '" + driver + "' is not a filter; only filters go between nodes"));
  }

  /** {@code blockdev-reopen}: new options and children for several nodes. */
  public static GraphModel reopen(GraphModel graph, List<CheckedNode> nodes) {
    return ReopenEdit.apply(graph, nodes);
  }

  /** Drops nested children that lost their last user. */
  static GraphModel dropReplaced(GraphModel graph, Set<String> candidates) {
    return dropUnused(graph, candidates);
  }
}
