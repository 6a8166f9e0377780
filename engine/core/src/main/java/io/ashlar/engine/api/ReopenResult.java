package io.ashlar.engine.api;

import java.util.List;

/**
 * What a reopen did.
 *
 * @param committed whether the decision was to commit; if not, every node is as before
 * @param nodes what happened to each node
 */
public record ReopenResult(boolean committed, List<PerNode> nodes) {
  /** What happened to one node. */
  public enum Outcome {
    COMMITTED,
    UNCHANGED,
    REFUSED
  }

  /** One node's part; {@code detail} is a sentence for REFUSED and empty otherwise. */
  public record PerNode(String nodeName, Outcome outcome, String detail) {}

  /** Copies the list. */
  public ReopenResult {
    nodes = List.copyOf(nodes);
  }
}
