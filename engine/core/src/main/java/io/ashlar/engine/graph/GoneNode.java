package io.ashlar.engine.graph;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Stands where a driver's node was that is closed: what is above it may still come, and gets an
 * error instead of a call into a closed driver. For display it is as it was last.
 */
final class GoneNode implements BlockNode {
  private final String name;
  private final NodeTraits traits;
  private final long length;
  private final Map<String, Object> details;

  GoneNode(String name, BlockNode last) {
    this.name = name;
    traits = last.traits();
    length = last.length();
    details = Map.copyOf(last.details());
  }

  private BlockException gone() {
    return new BlockException(ErrorCode.NODE_FAILED, "node '" + name + "' is closed");
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
    throw gone();
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    throw gone();
  }

  @Override
  public void writeZeroes(long offset, long count, int flags) {
    throw gone();
  }

  @Override
  public void discard(long offset, long count, int flags) {
    throw gone();
  }

  @Override
  public void flush() {
    throw gone();
  }

  @Override
  public BlockStatus status(long offset, long count) {
    throw gone();
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    throw gone();
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    throw gone();
  }

  @Override
  public void close() {}
}
