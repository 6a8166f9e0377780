package io.ashlar.engine.graph;

import akka.actor.typed.ActorRef;
import java.util.LinkedHashMap;
import java.util.Map;

/** An open node as the control plane holds it: actor, core, and the edges to its children. */
public final class NodeHandle {
  private final ActorRef<NodeCommand> actor;
  private final NodeCore core;
  private final Map<String, Edge> edges;

  /** A handle of a node that is open. */
  public NodeHandle(ActorRef<NodeCommand> actor, NodeCore core, Map<String, Edge> edges) {
    this.actor = actor;
    this.core = core;
    this.edges = new LinkedHashMap<>(edges);
  }

  /** Its actor. */
  public ActorRef<NodeCommand> actor() {
    return actor;
  }

  /** Its core. */
  public NodeCore core() {
    return core;
  }

  /** Role to edge; changed only by the one structural change that runs. */
  public Map<String, Edge> edges() {
    return edges;
  }
}
