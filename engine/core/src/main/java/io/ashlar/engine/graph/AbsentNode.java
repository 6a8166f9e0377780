package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Stands where a driver's node was and is not any more. It remembers what the node was and refuses
 * everything else, so that nobody who still comes here gets into a driver that is closed.
 */
abstract class AbsentNode implements BlockNode {
  private final NodeTraits traits;
  private final long length;
  private final Map<String, Object> details;

  /** In the place of a node that is still open. */
  AbsentNode(BlockNode was) {
    this.traits = was.traits();
    this.length = was.length();
    this.details = Map.copyOf(was.details());
  }

  /** Why nothing can be done here, and the cure. */
  abstract BlockException refusal();

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
    throw refusal();
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    throw refusal();
  }

  @Override
  public void writeZeroes(long offset, long bytes, int flags) {
    throw refusal();
  }

  @Override
  public void discard(long offset, long bytes, int flags) {
    throw refusal();
  }

  @Override
  public void flush() {
    throw refusal();
  }

  @Override
  public BlockStatus status(long offset, long bytes) {
    throw refusal();
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    throw refusal();
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    throw refusal();
  }

  /** There is nothing to be closed. */
  @Override
  public void close() {}
}
