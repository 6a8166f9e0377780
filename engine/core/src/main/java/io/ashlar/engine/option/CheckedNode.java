package io.ashlar.engine.option;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The arguments of {@code blockdev-add} or {@code blockdev-reopen}, checked.
 *
 * @param nodeName the node's name, chosen or generated; {@code null} only for nested definitions of
 *     a reopen, which mean the present child
 * @param driver its driver
 * @param nodeOptions the generic options, with what is inherited from the parent filled in
 * @param options the driver's options, defaults filled in
 * @param children role to what was said about it, roles of the driver's schema only
 * @param stated the generic options that were written down, to inherit anew when a parent changes
 */
public record CheckedNode(
    String nodeName,
    BlockDriver driver,
    NodeOptions nodeOptions,
    Options options,
    Map<String, CheckedChild> children,
    StatedOptions stated) {

  /** Copies the map, in its order. */
  public CheckedNode {
    children = Collections.unmodifiableMap(new LinkedHashMap<>(children));
  }

  /** A node all of whose generic options were written down. */
  public CheckedNode(
      String nodeName,
      BlockDriver driver,
      NodeOptions nodeOptions,
      Options options,
      Map<String, CheckedChild> children) {
    this(nodeName, driver, nodeOptions, options, children, StatedOptions.all(nodeOptions));
  }
}
