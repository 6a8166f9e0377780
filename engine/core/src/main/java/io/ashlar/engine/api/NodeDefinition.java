package io.ashlar.engine.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A node as {@code blockdev-add} takes it: {@code driver}, {@code node-name}, generic options and
 * the driver's own, in one map. Values are {@code Boolean}, {@code Number}, {@code String}, {@code
 * List}, nested {@code Map} and {@code null} (for a detached child). A child is the name of a node
 * or a nested definition; nested options may also be written with dots in the key.
 */
public final class NodeDefinition {
  private final Map<String, Object> arguments;

  private NodeDefinition(Map<String, Object> arguments) {
    this.arguments = arguments;
  }

  /** The arguments of {@code blockdev-add}. */
  public static NodeDefinition of(Map<String, ?> arguments) {
    return new NodeDefinition(Collections.unmodifiableMap(new LinkedHashMap<>(arguments)));
  }

  /** A node of a driver, to be completed by {@link #with}. */
  public static NodeDefinition of(String driver, String nodeName) {
    return of(Map.of()).with("driver", driver).with("node-name", nodeName);
  }

  /** The same with one more argument. */
  public NodeDefinition with(String name, Object value) {
    Map<String, Object> copy = new LinkedHashMap<>(arguments);
    copy.put(name, value);
    return new NodeDefinition(Collections.unmodifiableMap(copy));
  }

  /** The same with a nested child. */
  public NodeDefinition with(String role, NodeDefinition child) {
    return with(role, (Object) child.arguments());
  }

  /** All arguments. */
  public Map<String, Object> arguments() {
    return arguments;
  }

  @Override
  public String toString() {
    return arguments.toString();
  }
}
