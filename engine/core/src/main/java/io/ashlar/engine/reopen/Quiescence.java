package io.ashlar.engine.reopen;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.Plan;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Holds the devices and background work above the nodes of a plan. Devices first, so that no
 * request waits for background work that is held; then the background work of the nodes and of all
 * nodes above them. Whatever a driver throws, the gates end up open and exactly the drivers that
 * began to drain are told that it is over.
 */
final class Quiescence {
  private enum Stage {
    OPEN,
    BEGINNING,
    HOLDING,
    OVER
  }

  /**
   * A gate and what is below it.
   *
   * @param reach the nodes that requests through the gate can come to, before or after the change
   */
  private record Held(StripedGate gate, Set<String> reach) {}

  private final List<Held> gates = new ArrayList<>();
  private final List<NodeCore> nodes = new ArrayList<>();
  private final Queue<Held> closed = new ConcurrentLinkedQueue<>();
  private final Queue<NodeCore> draining = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.OPEN);
  private final Plan plan;

  Quiescence(Plan plan, GraphRuntime runtime) {
    this.plan = plan;
    Set<String> roots = new LinkedHashSet<>(plan.touched());
    for (String device : plan.quiesced()) {
      DeviceCore core = runtime.devices().get(device);
      if (core != null) {
        gates.add(new Held(core.gate(), reachOfDevice(device)));
        roots.add(plan.before().devices().get(device).node());
      }
    }
    for (String name : plan.before().ancestors(plan.touched())) {
      gates.add(new Held(runtime.nodes().get(name).core().background(), reach(Set.of(name))));
    }
    for (String name : plan.before().reachable(roots)) {
      NodeHandle handle = runtime.nodes().get(name);
      if (handle != null && handle.failure() == null) {
        nodes.add(handle.core());
      }
    }
  }

  private Set<String> reachOfDevice(String device) {
    Set<String> roots = new HashSet<>();
    for (GraphModel graph : List.of(plan.before(), plan.after())) {
      if (graph.devices().containsKey(device)) {
        roots.add(graph.devices().get(device).node());
      }
    }
    return reach(roots);
  }

  private Set<String> reach(Set<String> roots) {
    Set<String> all = new HashSet<>(plan.before().reachable(roots));
    all.addAll(plan.after().reachable(roots));
    return all;
  }

  /** Waits until nothing is in flight; on a failure everything goes on as before. */
  void begin(long limitNanos, Clock clock) {
    if (!stage.compareAndSet(Stage.OPEN, Stage.BEGINNING)) {
      throw new BlockException(ErrorCode.CANCELLED, "the change was given up");
    }
    try {
      long end = clock.nanoTime() + limitNanos;
      for (NodeCore core : nodes) {
        drain(core);
      }
      for (Held held : gates) {
        held.gate().close(Math.max(1, end - clock.nanoTime()));
        closed.add(held);
      }
      if (!stage.compareAndSet(Stage.BEGINNING, Stage.HOLDING)) {
        throw new BlockException(ErrorCode.CANCELLED, "the change was given up");
      }
    } catch (RuntimeException | Error e) {
      stage.set(Stage.OVER);
      release(Set.of()).forEach(e::addSuppressed);
      throw e;
    }
  }

  private void drain(NodeCore core) {
    try {
      core.driver().drainBegin();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw broken(core, "drainBegin", e);
    }
    draining.add(core);
  }

  /**
   * Lets everything go on that does not come to one of these nodes; what was written before is seen
   * by every request that enters after. To be called again for the rest. Idempotent.
   *
   * @return what drivers threw
   */
  List<BlockException> end(Set<String> except) {
    Stage before = stage.getAndSet(Stage.OVER);
    return before == Stage.BEGINNING ? List.of() : release(except);
  }

  /** A device that came with the change waits as well when it comes to one of these nodes. */
  void adopt(DeviceCore device, Set<String> except) {
    Held held = new Held(device.gate(), reachOfDevice(device.name()));
    if (!Collections.disjoint(held.reach(), except)) {
      device.gate().close(StripedGate.FOR_EVER);
      closed.add(held);
    }
  }

  private List<BlockException> release(Set<String> except) {
    for (Held held : new ArrayList<>(closed)) {
      if (Collections.disjoint(held.reach(), except) && closed.remove(held)) {
        held.gate().open();
      }
    }
    List<BlockException> errors = new ArrayList<>();
    for (NodeCore core : new ArrayList<>(draining)) {
      if (!except.contains(core.name()) && draining.remove(core)) {
        try {
          core.driver().drainEnd();
        } catch (RuntimeException | LinkageError | AssertionError e) {
          errors.add(broken(core, "drainEnd", e));
        }
      }
    }
    return errors;
  }

  private static BlockException broken(NodeCore core, String what, Throwable cause) {
    return cause instanceof BlockException known
        ? known
        : new BlockException(
            ErrorCode.DRIVER_FAILED,
            "the driver of node '"
                + core.name()
                + "' failed in "
                + what
                + " with "
                + cause
                + "; this is a defect of the driver",
            cause);
  }
}
