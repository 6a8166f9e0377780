package io.ashlar.engine.control;

import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** Refuses changes that come to nodes which cannot take part in any. */
final class Obstacles {
  private Obstacles() {}

  /**
   * Checks a plan against the nodes that are held by a call which has not returned, and those that
   * serve nothing any more; the latter may be removed and replaced.
   *
   * @throws BlockException TIMED_OUT or NODE_FAILED naming the node
   */
  static void check(Plan plan, GraphRuntime runtime) {
    Set<String> held = runtime.held();
    Set<String> failed = runtime.failed();
    if (held.isEmpty() && failed.isEmpty()) {
      return;
    }
    Set<String> stays = new HashSet<>(plan.touched());
    stays.removeAll(plan.removed());
    stays.addAll(plan.added());
    for (DeviceSpec device : plan.after().devices().values()) {
      if (!device.equals(plan.before().devices().get(device.name()))) {
        stays.add(device.node());
      }
    }
    Set<String> comes = new HashSet<>(plan.touched());
    comes.addAll(stays);
    comes.addAll(plan.before().reachable(comes));
    comes.addAll(plan.after().reachable(comes));
    for (String name : held) {
      if (comes.contains(name)) {
        throw new BlockException(
            ErrorCode.TIMED_OUT,
            "node '"
                + name
                + "' is still inside a call of its driver that an earlier change had begun;"
                + " try again when that has returned");
      }
    }
    requireLiving(plan.after(), stays, failed, runtime);
  }

  private static void requireLiving(
      GraphModel after, Set<String> stays, Set<String> failed, GraphRuntime runtime) {
    if (Collections.disjoint(after.reachable(stays), failed)) {
      return;
    }
    for (String name : after.reachable(stays)) {
      NodeSpec spec = after.nodes().get(name);
      NodeHandle handle = spec == null ? null : runtime.nodes().get(name);
      if (handle != null && handle.failure() != null) {
        throw new BlockException(
            handle.failure().code(), handle.failure().getMessage(), handle.failure());
      }
    }
  }
}
