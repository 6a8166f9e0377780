package io.ashlar.engine.model;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Permissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Works out the plan of a change. Everything that can be refused without touching a disk is refused
 * here, for all nodes, before anything else happens: options that may not change, missing nodes,
 * cycles, depth, permissions.
 */
public final class Planner {
  private final int depthLimit;

  /**
   * A planner.
   *
   * @param depthLimit most nodes on one path
   */
  public Planner(int depthLimit) {
    this.depthLimit = depthLimit;
  }

  /**
   * The plan from one graph to the next, or a {@link BlockException} that names what forbids it.
   */
  public Plan plan(GraphModel before, GraphModel after) {
    List<String> orderAfter = after.parentsFirst(depthLimit);
    HeldChains.check(after);
    PermissionTable next = PermissionTable.check(after, orderAfter);
    List<String> orderBefore = before.parentsFirst(Integer.MAX_VALUE);
    PermissionTable now = PermissionTable.check(before, orderBefore);

    Set<String> added = new LinkedHashSet<>(after.nodes().keySet());
    added.removeAll(before.nodes().keySet());
    List<String> removed = new ArrayList<>(orderBefore);
    removed.removeIf(after.nodes()::containsKey);
    requireUnused(after, removed);

    List<String> down = new ArrayList<>();
    Set<String> changed = new LinkedHashSet<>();
    for (String name : orderBefore) {
      NodeSpec old = before.node(name);
      NodeSpec spec = after.nodes().get(name);
      if (spec == null) {
        down.add(name);
        continue;
      }
      checkOptions(old, spec);
      requireActive(old, spec);
      boolean lost = loses(old, spec, now.of(name), next.of(name));
      if (lost) {
        down.add(name);
      }
      if (lost || differs(old, spec, now.of(name), next.of(name))) {
        changed.add(name);
      }
    }
    changed.addAll(between(after, changed, added));
    List<String> up = new ArrayList<>(orderAfter);
    up.removeIf(name -> !changed.contains(name) && !added.contains(name));
    Collections.reverse(up);

    Set<String> touched = new LinkedHashSet<>(changed);
    touched.addAll(removed);
    Set<String> moved = movedDevices(before, after);
    Set<String> quiesced = new LinkedHashSet<>(before.devicesReaching(touched));
    quiesced.addAll(moved);
    Map<String, Permissions> permissions = new HashMap<>();
    orderAfter.forEach(name -> permissions.put(name, next.of(name)));
    return new Plan(before, after, permissions, down, up, added, removed, quiesced, touched);
  }

  /**
   * Nodes that stay as they are, over a node that changes and under one that changes or is new: the
   * upper one prepares through them, so that they need staged access to the lower one.
   */
  private static Set<String> between(GraphModel after, Set<String> changed, Set<String> added) {
    Set<String> lower = new LinkedHashSet<>(changed);
    lower.retainAll(after.nodes().keySet());
    Set<String> upper = new LinkedHashSet<>(lower);
    upper.addAll(added);
    Set<String> between = after.ancestors(lower);
    between.retainAll(after.reachable(upper));
    between.removeAll(upper);
    return between;
  }

  private static Set<String> movedDevices(GraphModel before, GraphModel after) {
    Set<String> moved = new LinkedHashSet<>();
    for (DeviceSpec device : before.devices().values()) {
      DeviceSpec next = after.devices().get(device.name());
      if (next == null || !next.node().equals(device.node())) {
        moved.add(device.name());
      }
    }
    return moved;
  }

  private static void requireUnused(GraphModel after, List<String> removed) {
    for (String name : removed) {
      List<String> devices = after.devicesOn(name);
      if (!devices.isEmpty()) {
        throw new BlockException(
            ErrorCode.NODE_IN_USE,
            "node '" + name + "' is in use by device '" + devices.get(0) + "'; detach it first");
      }
    }
  }

  /**
   * A leaf node's permissions become locks on a file, so there a change of permissions alone
   * counts.
   */
  private static boolean differs(NodeSpec old, NodeSpec spec, Permissions now, Permissions next) {
    return old.active() != spec.active()
        || redefined(old, spec)
        || (lockable(spec) && !now.equals(next));
  }

  private static boolean redefined(NodeSpec old, NodeSpec spec) {
    return !old.nodeOptions().equals(spec.nodeOptions())
        || !old.options().equals(spec.options())
        || !old.children().equals(spec.children())
        || !old.detached().equals(spec.detached());
  }

  /** Whether permissions become locks; an inactive node has nothing open that could hold them. */
  private static boolean lockable(NodeSpec spec) {
    return spec.active() && spec.children().isEmpty();
  }

  /** Nothing of an inactive node is open that could prepare. */
  private static void requireActive(NodeSpec old, NodeSpec spec) {
    if (!old.active() && !spec.active() && redefined(old, spec)) {
      throw new BlockException(
          ErrorCode.NODE_INACTIVE,
          "node '"
              + old.name()
              + "' cannot change while it is inactive; activate it with blockdev-set-active");
    }
  }

  private static boolean loses(NodeSpec old, NodeSpec spec, Permissions now, Permissions next) {
    boolean writing = old.writable() && !spec.writable() || old.active() && !spec.active();
    boolean child =
        old.children().entrySet().stream()
            .anyMatch(e -> !Objects.equals(spec.children().get(e.getKey()), e.getValue()));
    boolean permission = lockable(spec) && (now.used() & ~next.used()) != 0;
    return writing || child || permission;
  }

  private static void checkOptions(NodeSpec old, NodeSpec spec) {
    if (old.driver() != spec.driver() && !old.driver().name().equals(spec.driver().name())) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "the driver of node '"
              + old.name()
              + "' cannot change from '"
              + old.driver().name()
              + "' to '"
              + spec.driver().name()
              + "'");
    }
    for (OptionSpec option : spec.driver().options().options()) {
      Object was = old.options().asMap().get(option.name());
      Object wanted = spec.options().asMap().get(option.name());
      if (!option.reopen() && !Objects.equals(was, wanted)) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION,
            "option '"
                + option.name()
                + "' of node '"
                + old.name()
                + "' cannot change while the node is open; it is "
                + shown(was)
                + " and must be given again as such, not "
                + shown(wanted));
      }
    }
  }

  private static String shown(Object value) {
    return value == null ? "not set" : "'" + value + "'";
  }
}
