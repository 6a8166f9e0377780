package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;

/**
 * Stands for the driver's node when it is closed. A node that failed keeps its place in the graph,
 * and what stands above it goes on to call it; a node that was removed may still be told that a
 * drain is over.
 */
final class ClosedNode extends AbsentNode {
  private final String name;

  ClosedNode(String name, BlockNode was) {
    super(was);
    this.name = name;
  }

  @Override
  BlockException refusal() {
    return new BlockException(
        ErrorCode.NODE_FAILED,
        "node '" + name + "' is closed and serves nothing any more; remove it and add it again");
  }
}
