package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;

/**
 * Stands for the driver's node while a node is inactive: the image may belong to somebody else, so
 * there is nothing open and nothing to be read.
 */
final class InactiveNode extends AbsentNode {
  private final String name;

  InactiveNode(String name, BlockNode was) {
    super(was);
    this.name = name;
  }

  static BlockException inactive(String name) {
    return new BlockException(
        ErrorCode.NODE_INACTIVE,
        "node '" + name + "' is inactive; activate it with blockdev-set-active");
  }

  @Override
  BlockException refusal() {
    return inactive(name);
  }

  /** Everything was flushed before the node became inactive. */
  @Override
  public void flush() {}
}
