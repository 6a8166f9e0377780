package io.ashlar.engine.job;

import io.ashlar.engine.graph.NodeCore;
import io.ashlar.spi.BlockStatus;
import java.util.List;

/** What the layers of a chain above its base say about a range. For use under a ticket. */
final class ChainStatus {
  /**
   * The start of a range.
   *
   * @param length bytes that are all alike, at least 1
   * @param above a layer above the base decides what is read here
   * @param zero it is known to read as zeroes
   */
  record Piece(long length, boolean above, boolean zero) {}

  private final List<NodeCore> layers;

  /** The layers, from the top. */
  ChainStatus(List<NodeCore> layers) {
    this.layers = List.copyOf(layers);
  }

  /** The start of a range, at most that long. */
  Piece at(long offset, long length) {
    long alike = length;
    for (NodeCore layer : layers) {
      long end = layer.length();
      if (offset >= end) {
        // What lies behind the end of a shorter layer reads as zeroes, whatever is below.
        return new Piece(alike, true, true);
      }
      BlockStatus status = layer.status(offset, Math.min(alike, end - offset));
      alike = Math.min(alike, status.length());
      if (status.allocated()) {
        return new Piece(alike, true, status.zero());
      }
    }
    return new Piece(alike, false, false);
  }
}
