package io.ashlar.engine.graph;

import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;

/**
 * The edge from a parent to its child. The object stays with the parent's driver; a graph change
 * puts another target behind it while the parent is quiesced, so the fields are plain.
 */
public final class Edge implements Child {
  private final String role;
  private String nodeName;
  private BlockIo target;
  private NodeCore node;

  /** An edge to something that is no node of a graph. */
  public Edge(String role, String nodeName, BlockIo target) {
    this(role, nodeName, target, null);
  }

  /**
   * An edge to a node.
   *
   * @param target the node, or the access to it that a change has staged
   */
  public Edge(String role, String nodeName, BlockIo target, NodeCore node) {
    this.role = role;
    this.nodeName = nodeName;
    this.target = target;
    this.node = node;
  }

  /** Puts another node behind this edge; the parent is quiesced. */
  public void retarget(String newName, NodeCore newTarget) {
    nodeName = newName;
    target = newTarget;
    node = newTarget;
  }

  /** The node that it leads to, also by staged access; {@code null} when it is none of a graph. */
  NodeCore node() {
    return node;
  }

  @Override
  public String role() {
    return role;
  }

  @Override
  public String nodeName() {
    return nodeName;
  }

  @Override
  public NodeTraits traits() {
    return target.traits();
  }

  @Override
  public long length() {
    return target.length();
  }

  @Override
  public void read(long offset, ByteBuffer into, int flags) {
    target.read(offset, into, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    target.write(offset, source, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    target.writeZeroes(offset, length, flags);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    target.discard(offset, length, flags);
  }

  @Override
  public void flush() {
    target.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return target.status(offset, length);
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    target.truncate(newLength, preallocation);
  }
}
