package io.ashlar.engine.model;

import io.ashlar.spi.Permissions;

/**
 * An outside user of a node.
 *
 * @param name its name, unique among devices
 * @param node the node it is attached to
 * @param permissions what it uses and shares
 * @param fixed stays on its node when a filter is put above that node (a job's own access)
 */
public record DeviceSpec(String name, String node, Permissions permissions, boolean fixed) {
  /** The same on another node. */
  public DeviceSpec on(String other) {
    return new DeviceSpec(name, other, permissions, fixed);
  }
}
