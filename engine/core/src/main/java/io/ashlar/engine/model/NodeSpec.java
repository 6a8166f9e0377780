package io.ashlar.engine.model;

import io.ashlar.engine.option.StatedOptions;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A node as it is or shall be.
 *
 * @param name its name, unique in the graph
 * @param driver its driver
 * @param nodeOptions generic options
 * @param options the driver's options
 * @param children role to node name
 * @param detached roles that the caller wants empty
 * @param owned names of children that were defined inside this node and are closed with it
 * @param stated the generic options as they were written down, to inherit anew when a parent
 *     changes
 * @param hidden made by the engine (a job's filter); left out of queries unless asked for
 * @param active false while another process may have the image: the driver's node is closed
 */
public record NodeSpec(
    String name,
    BlockDriver driver,
    NodeOptions nodeOptions,
    Options options,
    Map<String, String> children,
    Set<String> detached,
    Set<String> owned,
    StatedOptions stated,
    boolean hidden,
    boolean active) {

  /** An active node. */
  public NodeSpec(
      String name,
      BlockDriver driver,
      NodeOptions nodeOptions,
      Options options,
      Map<String, String> children,
      Set<String> detached,
      Set<String> owned,
      StatedOptions stated,
      boolean hidden) {
    this(name, driver, nodeOptions, options, children, detached, owned, stated, hidden, true);
  }

  /** Copies the collections, keeping their order. */
  public NodeSpec {
    children = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(children));
    detached = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(detached));
    owned = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(owned));
  }

  /** What is said about a child. */
  public ChildPresence presence(String role) {
    if (children.containsKey(role)) {
      return ChildPresence.GIVEN;
    }
    return detached.contains(role) ? ChildPresence.DETACHED : ChildPresence.ABSENT;
  }

  /** What the child of a role is to this node. */
  public ChildKind kind(String role) {
    return driver
        .options()
        .child(role)
        .map(ChildSpec::kind)
        .orElseThrow(
            () ->
                new BlockException(
                    ErrorCode.INTERNAL,
                    "driver '" + driver.name() + "' has no child '" + role + "'"));
  }

  /** The same node with another child in a role. */
  public NodeSpec withChild(String role, String node) {
    Map<String, String> changed = new LinkedHashMap<>(children);
    changed.put(role, node);
    Set<String> empty = new LinkedHashSet<>(detached);
    empty.remove(role);
    return new NodeSpec(
        name, driver, nodeOptions, options, changed, empty, owned, stated, hidden, active);
  }

  /** The same node, without the child of that name among those that are closed with it. */
  public NodeSpec without(String nested) {
    Set<String> rest = new LinkedHashSet<>(owned);
    rest.remove(nested);
    return new NodeSpec(
        name, driver, nodeOptions, options, children, detached, rest, stated, hidden, active);
  }

  /** The same node, hidden. */
  public NodeSpec asHidden() {
    return new NodeSpec(
        name, driver, nodeOptions, options, children, detached, owned, stated, true, active);
  }

  /** The same node, active or not. */
  public NodeSpec asActive(boolean value) {
    return new NodeSpec(
        name, driver, nodeOptions, options, children, detached, owned, stated, hidden, value);
  }

  /** Whether guests' data can change through it. */
  public boolean writable() {
    return active && !nodeOptions.readOnly();
  }
}
