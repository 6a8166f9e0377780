package io.ashlar.engine.model;

import io.ashlar.spi.Permissions;
import java.util.List;

/**
 * An outside user of a node.
 *
 * @param name its name, unique among devices
 * @param node the node it is attached to
 * @param permissions what it uses and shares
 * @param fixed stays on its node when a filter is put above that node (a job's own access)
 * @param chain nodes that a job holds together, each a child of the one before: nobody else may use
 *     the lower ones, and no change may take them apart. The device may write to one of them
 *     although the nodes above it do not share that, because the job sees to it that what they show
 *     stays the same
 */
public record DeviceSpec(
    String name, String node, Permissions permissions, boolean fixed, List<String> chain) {
  /** Copies the list. */
  public DeviceSpec {
    chain = List.copyOf(chain);
  }

  /** A device that holds no chain. */
  public DeviceSpec(String name, String node, Permissions permissions, boolean fixed) {
    this(name, node, permissions, fixed, List.of());
  }

  /** The same on another node. */
  public DeviceSpec on(String other) {
    return new DeviceSpec(name, other, permissions, fixed, chain);
  }
}
