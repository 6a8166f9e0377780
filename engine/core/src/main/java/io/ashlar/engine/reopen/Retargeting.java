package io.ashlar.engine.reopen;

import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.Edge;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * Swaps references once a change was decided: plain writes, published by the gates that open
 * afterwards.
 */
final class Retargeting {
  private Retargeting() {}

  /** Makes edges, devices and the published model follow the plan. */
  static void apply(Ledger ledger) {
    Plan plan = ledger.plan();
    GraphRuntime runtime = ledger.runtime();
    runtime.nodes().putAll(ledger.fresh());
    for (NodeSpec spec : plan.after().nodes().values()) {
      NodeHandle handle = runtime.nodes().get(spec.name());
      handle.edges().keySet().retainAll(spec.children().keySet());
      NodeSpec old = plan.before().nodes().get(spec.name());
      if (old != null && old.active() != spec.active()) {
        // Another driver's node: it was opened over the staged edges.
        handle.edges().clear();
      }
      Map<String, Edge> fresh = ledger.stagedEdges().getOrDefault(spec.name(), Map.of());
      spec.children()
          .forEach(
              (role, child) -> {
                NodeHandle target = runtime.nodes().get(child);
                Edge staged = fresh.get(role);
                if (staged != null) {
                  staged.retarget(child, target.core());
                }
                Edge edge = handle.edges().get(role);
                if (edge == null) {
                  handle.edges().put(role, staged);
                } else {
                  edge.retarget(child, target.core());
                }
              });
    }
    for (DeviceCore device : runtime.devices().values()) {
      DeviceSpec next = plan.after().devices().get(device.name());
      if (next != null) {
        device.retarget(runtime.nodes().get(next.node()).core());
      }
    }
    for (DeviceSpec device : plan.after().devices().values()) {
      runtime
          .devices()
          .computeIfAbsent(
              device.name(),
              name ->
                  DeviceCore.create(
                      device, runtime.nodes().get(device.node()).core(), ledger.services()));
    }
    runtime.publish(plan.after());
    recover(runtime);
  }

  /** Devices that came to a node which had failed serve again when they come to none any more. */
  private static void recover(GraphRuntime runtime) {
    Set<String> failed = runtime.failed();
    for (DeviceCore device : runtime.devices().values()) {
      DeviceSpec spec = runtime.model().devices().get(device.name());
      if (spec != null
          && device.gate().failed()
          && Collections.disjoint(runtime.model().reachable(Set.of(spec.node())), failed)) {
        device.gate().recover();
      }
    }
  }

  /** Forgets what is not in the graph any more. */
  static void forget(Plan plan, GraphRuntime runtime) {
    plan.removed().forEach(runtime.nodes()::remove);
    for (String device : plan.before().devices().keySet()) {
      if (!plan.after().devices().containsKey(device)) {
        DeviceCore gone = runtime.devices().remove(device);
        if (gone != null) {
          gone.gate()
              .fail(new BlockException(ErrorCode.CLOSED, "device '" + device + "' was detached"));
        }
      }
    }
  }
}
