package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Stands for the driver's node while a node is inactive: the image may belong to somebody else, so
 * there is nothing open and nothing to be read. It remembers what the node was.
 */
final class InactiveNode implements BlockNode {
  private final String name;
  private final NodeTraits traits;
  private final long length;
  private final Map<String, Object> details;

  InactiveNode(String name, BlockNode was) {
    this.name = name;
    this.traits = was.traits();
    this.length = was.length();
    this.details = Map.copyOf(was.details());
  }

  static BlockException inactive(String name) {
    return new BlockException(
        ErrorCode.NODE_INACTIVE,
        "node '" + name + "' is inactive; activate it with blockdev-set-active");
  }

  @Override
  public NodeTraits traits() {
    return traits;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public Map<String, Object> details() {
    return details;
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    throw inactive(name);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    throw inactive(name);
  }

  @Override
  public void writeZeroes(long offset, long bytes, int flags) {
    throw inactive(name);
  }

  @Override
  public void discard(long offset, long bytes, int flags) {
    throw inactive(name);
  }

  /** Everything was flushed before the node became inactive. */
  @Override
  public void flush() {}

  @Override
  public BlockStatus status(long offset, long bytes) {
    throw inactive(name);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    throw inactive(name);
  }

  @Override
  public void close() {}
}
