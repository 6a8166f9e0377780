package io.ashlar.engine.model;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An immutable graph of nodes and the devices on them. */
public final class GraphModel {
  /** The empty graph. */
  public static final GraphModel EMPTY = new GraphModel(Map.of(), Map.of());

  private final Map<String, NodeSpec> nodes;
  private final Map<String, DeviceSpec> devices;

  private GraphModel(Map<String, NodeSpec> nodes, Map<String, DeviceSpec> devices) {
    this.nodes = Collections.unmodifiableMap(nodes);
    this.devices = Collections.unmodifiableMap(devices);
  }

  /** All nodes by name. */
  public Map<String, NodeSpec> nodes() {
    return nodes;
  }

  /** All devices by name. */
  public Map<String, DeviceSpec> devices() {
    return devices;
  }

  /**
   * A node.
   *
   * @throws BlockException NODE_NOT_FOUND
   */
  public NodeSpec node(String name) {
    NodeSpec spec = nodes.get(name);
    if (spec == null) {
      throw new BlockException(
          ErrorCode.NODE_NOT_FOUND,
          "no node is named '" + name + "'; the nodes are " + visibleNames());
    }
    return spec;
  }

  /**
   * The graph with one more node.
   *
   * @throws BlockException NODE_EXISTS
   */
  public GraphModel plus(NodeSpec spec) {
    if (nodes.containsKey(spec.name())) {
      throw new BlockException(
          ErrorCode.NODE_EXISTS,
          "a node named '" + spec.name() + "' exists already; choose another node-name");
    }
    return with(spec);
  }

  /** The graph with a node put in place of the one of its name. */
  public GraphModel with(NodeSpec spec) {
    Map<String, NodeSpec> changed = new LinkedHashMap<>(nodes);
    changed.put(spec.name(), spec);
    return new GraphModel(changed, devices);
  }

  /** The graph without a node. */
  public GraphModel minus(String node) {
    Map<String, NodeSpec> changed = new LinkedHashMap<>(nodes);
    changed.remove(node);
    return new GraphModel(changed, devices);
  }

  /** The graph with a device added or moved. */
  public GraphModel with(DeviceSpec device) {
    Map<String, DeviceSpec> changed = new LinkedHashMap<>(devices);
    changed.put(device.name(), device);
    return new GraphModel(nodes, changed);
  }

  /** The graph without a device. */
  public GraphModel minusDevice(String device) {
    Map<String, DeviceSpec> changed = new LinkedHashMap<>(devices);
    changed.remove(device);
    return new GraphModel(nodes, changed);
  }

  /** Names of the nodes that have this one as a child. */
  public List<String> parents(String node) {
    List<String> parents = new ArrayList<>();
    for (NodeSpec spec : nodes.values()) {
      if (spec.children().containsValue(node)) {
        parents.add(spec.name());
      }
    }
    return parents;
  }

  /** Names of the devices on this node. */
  public List<String> devicesOn(String node) {
    List<String> on = new ArrayList<>();
    for (DeviceSpec device : devices.values()) {
      if (device.node().equals(node)) {
        on.add(device.name());
      }
    }
    return on;
  }

  /** The given nodes and all nodes that can be reached from them. */
  public Set<String> reachable(Set<String> from) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>(from);
    while (!todo.isEmpty()) {
      String name = todo.pop();
      NodeSpec spec = nodes.get(name);
      if (spec != null && seen.add(name)) {
        todo.addAll(spec.children().values());
      }
    }
    return seen;
  }

  /** Names of the devices from which one of the nodes can be reached. */
  public Set<String> devicesReaching(Set<String> targets) {
    Set<String> found = new LinkedHashSet<>();
    for (DeviceSpec device : devices.values()) {
      if (!Collections.disjoint(reachable(Set.of(device.node())), targets)) {
        found.add(device.name());
      }
    }
    return found;
  }

  /** The given nodes and all nodes from which one of them can be reached. */
  public Set<String> ancestors(Set<String> of) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>(of);
    while (!todo.isEmpty()) {
      String name = todo.pop();
      if (nodes.containsKey(name) && seen.add(name)) {
        todo.addAll(parents(name));
      }
    }
    return seen;
  }

  /**
   * The nodes, each before its children.
   *
   * @throws BlockException GRAPH_CYCLE naming both ends of an edge that closes a cycle;
   *     NODE_NOT_FOUND for a child that is not there; LIMIT_EXCEEDED for a path longer than {@code
   *     depthLimit} nodes
   */
  public List<String> parentsFirst(int depthLimit) {
    Walk walk = new Walk(depthLimit);
    nodes.keySet().forEach(walk::visit);
    return List.copyOf(walk.order);
  }

  /** A walk to all nodes, each after its children; a node's height counts the nodes below it. */
  private final class Walk {
    private final int depthLimit;
    private final Deque<String> order = new ArrayDeque<>();
    private final Map<String, Integer> heights = new HashMap<>();
    private final Set<String> path = new LinkedHashSet<>();

    Walk(int depthLimit) {
      this.depthLimit = depthLimit;
    }

    int visit(String name) {
      Integer known = heights.get(name);
      if (known != null) {
        return known;
      }
      path.add(name);
      if (path.size() > depthLimit) {
        throw tooDeep(path.iterator().next(), name);
      }
      int height = 1;
      for (Map.Entry<String, String> child : node(name).children().entrySet()) {
        requireGood(name, child.getKey(), child.getValue());
        height = Math.max(height, 1 + visit(child.getValue()));
      }
      if (height > depthLimit) {
        throw tooDeep(name, order.getLast());
      }
      path.remove(name);
      heights.put(name, height);
      order.addFirst(name);
      return height;
    }

    private void requireGood(String name, String role, String target) {
      if (path.contains(target)) {
        throw new BlockException(
            ErrorCode.GRAPH_CYCLE,
            "'"
                + role
                + "' of node '"
                + name
                + "' leads back to node '"
                + target
                + "'; a graph has no cycles");
      }
      if (!nodes.containsKey(target)) {
        throw new BlockException(
            ErrorCode.NODE_NOT_FOUND,
            "'"
                + role
                + "' of node '"
                + name
                + "' names node '"
                + target
                + "', which does not exist; the nodes are "
                + visibleNames());
      }
    }

    private BlockException tooDeep(String top, String bottom) {
      return new BlockException(
          ErrorCode.LIMIT_EXCEEDED,
          "the chain from '"
              + top
              + "' to '"
              + bottom
              + "' is longer than "
              + depthLimit
              + " nodes; raise ashlar.limits.graph-depth or shorten the chain");
    }
  }

  private List<String> visibleNames() {
    return nodes.values().stream().filter(n -> !n.hidden()).map(NodeSpec::name).limit(20).toList();
  }
}
