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
    /** It took no part. */
    UNCHANGED,
    /** It is as the reopen wants it. */
    COMMITTED,
    /** It was prepared; that was undone, and it is as before. */
    UNDONE,
    /** It refused, and is as before. */
    REFUSED,
    /** Its actor died; its part was undone, or after the decision finished, without it. */
    DIED,
    /**
     * It is inside a call of its driver that has not returned. It stays quiesced until then, and
     * its part is undone, or after the decision finished, at once.
     */
    TIMED_OUT
  }

  /** One node's part; {@code detail} is a sentence where there is more to say. */
  public record PerNode(String nodeName, Outcome outcome, String detail) {}

  /** Copies the list. */
  public ReopenResult {
    nodes = List.copyOf(nodes);
  }
}
