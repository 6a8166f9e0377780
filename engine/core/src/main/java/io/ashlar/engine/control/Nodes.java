package io.ashlar.engine.control;

import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.ActorContext;
import io.ashlar.engine.admission.StripedGate;
import io.ashlar.engine.control.GraphCommand.NodeStopped;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeActor;
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.graph.NodeServices;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The graph actor's care for the actors of nodes. An actor that dies is followed by another over
 * the same open node; a second death within ten seconds ends the node: its requests fail with
 * NODE_FAILED, and it can only be removed. Supervision by Akka would not do: the transaction must
 * hear of each death, and nothing may be lost that waited in the mailbox.
 */
final class Nodes {
  /** Two deaths within this time end a node. */
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);

  private final ActorContext<GraphCommand> context;
  private final GraphRuntime runtime;
  private final NodeServices services;
  private final Map<NodeHandle, Long> deaths = new HashMap<>();
  private long actors;

  Nodes(ActorContext<GraphCommand> context, GraphRuntime runtime, NodeServices services) {
    this.context = context;
    this.runtime = runtime;
    this.services = services;
  }

  /** The actor and the core of a node that is about to be opened. */
  NodeHandle spawn(String name) {
    NodeCore core = NodeCore.create(name, services);
    NodeHandle handle = new NodeHandle(actor(core), core);
    watch(handle);
    return handle;
  }

  private ActorRef<NodeCommand> actor(NodeCore core) {
    return context.spawn(
        services.around().actor(Around.Kind.NODE, core.name(), NodeActor.create(core, services)),
        "node-" + ++actors);
  }

  private void watch(NodeHandle handle) {
    context.watchWith(handle.actor(), new NodeStopped(handle, handle.actor()));
  }

  /**
   * An actor is gone.
   *
   * @return whether the node is to be closed because it failed again
   */
  boolean stopped(NodeStopped message) {
    NodeHandle handle = message.handle();
    String name = handle.core().name();
    if (handle.core().closing()) {
      deaths.remove(handle);
      handle
          .core()
          .outstanding()
          .fail(new BlockException(ErrorCode.CLOSED, "node '" + name + "' was closed"));
      return false;
    }
    long now = services.clock().nanoTime();
    Long before = deaths.put(handle, now);
    if (before == null || now - before > WINDOW.toNanos()) {
      handle.servedBy(actor(handle.core()));
      watch(handle);
      LOG.warn("The actor of node '{}' died; another one serves the node as it is", name);
      unanswered(handle, "the actor of node '" + name + "' died before it had answered");
      return false;
    }
    BlockException reason =
        new BlockException(
            ErrorCode.NODE_FAILED,
            "node '"
                + name
                + "' serves nothing any more: its actor failed twice;"
                + " remove it and add it again");
    handle.fail(reason);
    LOG.warn("The actor of node '{}' died again; the node is closed", name);
    unanswered(handle, reason.getMessage());
    refuseRequests(handle, reason);
    return true;
  }

  /**
   * Waits until no request is in flight above a failed node; new ones are refused.
   *
   * @throws BlockException TIMED_OUT: it stays open, and serves nothing
   */
  void drain(NodeHandle handle, Duration limit) {
    long end = services.clock().nanoTime() + limit.toNanos();
    List<StripedGate> gates = new ArrayList<>();
    for (String device : runtime.model().devicesReaching(Set.of(handle.core().name()))) {
      DeviceCore core = runtime.devices().get(device);
      if (core != null) {
        gates.add(core.gate());
      }
    }
    gates.add(handle.core().background());
    for (StripedGate gate : gates) {
      gate.close(Math.max(1, end - services.clock().nanoTime()));
      gate.open();
    }
  }

  private static void unanswered(NodeHandle handle, String why) {
    handle.core().outstanding().fail(new BlockException(ErrorCode.NODE_FAILED, why));
  }

  private void refuseRequests(NodeHandle handle, BlockException reason) {
    for (String device : runtime.model().devicesReaching(Set.of(handle.core().name()))) {
      DeviceCore core = runtime.devices().get(device);
      if (core != null) {
        core.gate().fail(reason);
      }
    }
    handle.core().background().fail(reason);
  }
}
