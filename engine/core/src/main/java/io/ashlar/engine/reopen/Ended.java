package io.ashlar.engine.reopen;

import io.ashlar.engine.api.ReopenResult;
import io.ashlar.spi.BlockException;
import java.util.List;

/**
 * How a change ended.
 *
 * @param committed the decision
 * @param error why it was given up, or {@code null} when it was committed
 * @param nodes what happened to each node
 * @param afterwards what went wrong while the decision was carried out; it stands all the same
 */
public record Ended(
    boolean committed,
    BlockException error,
    List<ReopenResult.PerNode> nodes,
    List<Throwable> afterwards) {

  /** Copies the lists. */
  public Ended {
    nodes = List.copyOf(nodes);
    afterwards = List.copyOf(afterwards);
  }
}
