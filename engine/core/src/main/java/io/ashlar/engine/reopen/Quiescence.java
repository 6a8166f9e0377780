package io.ashlar.engine.reopen;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Holds the devices and background work above the nodes of a plan. Devices first, so that no
 * request waits for background work that is held; then the background work of the nodes and of all
 * nodes above them.
 */
final class Quiescence {
  private final List<StripedGate> gates = new ArrayList<>();
  private final List<NodeCore> drained = new ArrayList<>();
  private final List<StripedGate> closed = new ArrayList<>();

  Quiescence(Plan plan, GraphRuntime runtime) {
    Set<String> roots = new LinkedHashSet<>(plan.touched());
    for (String device : plan.quiesced()) {
      DeviceCore core = runtime.devices().get(device);
      if (core != null) {
        gates.add(core.gate());
        roots.add(plan.before().devices().get(device).node());
      }
    }
    for (String name : plan.before().ancestors(plan.touched())) {
      gates.add(runtime.nodes().get(name).core().background());
    }
    for (String name : plan.before().reachable(roots)) {
      NodeHandle handle = runtime.nodes().get(name);
      if (handle != null) {
        drained.add(handle.core());
      }
    }
  }

  /** Waits until nothing is in flight; on a failure everything goes on as before. */
  void begin(long limitNanos, Clock clock) {
    long end = clock.nanoTime() + limitNanos;
    drained.forEach(core -> core.driver().drainBegin());
    try {
      for (StripedGate gate : gates) {
        gate.close(Math.max(1, end - clock.nanoTime()));
        closed.add(gate);
      }
    } catch (BlockException e) {
      end();
      throw e;
    }
  }

  /**
   * Lets everything go on; what was written before is seen by every request that enters after.
   * Idempotent.
   */
  void end() {
    closed.forEach(StripedGate::open);
    closed.clear();
    drained.forEach(core -> core.driver().drainEnd());
    drained.clear();
  }
}
