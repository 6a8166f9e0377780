package io.ashlar.engine.graph;

import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenPass;
import java.util.Map;

/** The state a node is to have after a reopen. */
final class NodeReopenContext extends NodeEnvironment implements ReopenContext {
  private final ReopenPass pass;
  private final NodeSpec next;
  private final Permissions permissions;
  private final Map<String, Edge> children;

  NodeReopenContext(
      ReopenPass pass,
      NodeSpec next,
      Permissions permissions,
      Map<String, Edge> children,
      NodeServices services) {
    super(next.name(), services);
    this.pass = pass;
    this.next = next;
    this.permissions = permissions;
    this.children = children;
  }

  @Override
  public ReopenPass pass() {
    return pass;
  }

  @Override
  public Options options() {
    return next.options();
  }

  @Override
  public NodeOptions nodeOptions() {
    return next.nodeOptions();
  }

  @Override
  public Permissions permissions() {
    return permissions;
  }

  @Override
  public ChildPresence presence(String role) {
    return next.presence(role);
  }

  @Override
  public Child child(String role) {
    return NodeOpenContext.find(nodeName(), children, role);
  }
}
