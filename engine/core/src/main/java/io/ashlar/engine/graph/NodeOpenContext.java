package io.ashlar.engine.graph;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.Background;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.system.QueuedRangeLock;
import java.util.Map;

/** What a driver is given to open a node. */
final class NodeOpenContext extends NodeEnvironment implements OpenContext {
  private final NodeSpec spec;
  private final Permissions permissions;
  private final Map<String, Edge> children;
  private final StripedGate gate;

  NodeOpenContext(
      NodeSpec spec,
      Permissions permissions,
      Map<String, Edge> children,
      StripedGate gate,
      NodeServices services) {
    super(spec.name(), services);
    this.spec = spec;
    this.permissions = permissions;
    this.children = children;
    this.gate = gate;
  }

  @Override
  public Options options() {
    return spec.options();
  }

  @Override
  public NodeOptions nodeOptions() {
    return spec.nodeOptions();
  }

  @Override
  public Permissions permissions() {
    return permissions;
  }

  @Override
  public ChildPresence presence(String role) {
    return spec.presence(role);
  }

  @Override
  public Child child(String role) {
    return find(spec.name(), children, role);
  }

  static Child find(String node, Map<String, Edge> children, String role) {
    Edge edge = children.get(role);
    if (edge == null) {
      throw new BlockException(
          ErrorCode.INTERNAL,
          "the driver of node '" + node + "' asked for its absent child " + role);
    }
    return edge;
  }

  @Override
  public RangeLock rangeLock(long granule) {
    return new QueuedRangeLock(waits(), granule);
  }

  @Override
  public Background background() {
    return () -> {
      long ticket = gate.enter();
      return () -> gate.leave(ticket);
    };
  }

  @Override
  public void report(NodeEvent event) {
    services().events().accept(nodeName(), event);
  }
}
