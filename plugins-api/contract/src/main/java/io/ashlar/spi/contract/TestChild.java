package io.ashlar.spi.contract;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.util.Objects;

/** An edge to any node; a test may put another node behind it, as the engine does on commit. */
public final class TestChild implements Child {
  private final String role;
  private volatile String nodeName;
  private volatile BlockNode target;

  /** An edge of a role to a node that goes by the role's name. */
  public TestChild(String role, BlockNode target) {
    this(role, role + "0", target);
  }

  /** An edge of a role to a node of a name. */
  public TestChild(String role, String nodeName, BlockNode target) {
    this.role = Objects.requireNonNull(role);
    this.nodeName = Objects.requireNonNull(nodeName);
    this.target = Objects.requireNonNull(target);
  }

  /** The node behind the edge. */
  public BlockNode target() {
    return target;
  }

  /** Puts another node behind the edge. */
  public void swap(BlockNode newTarget) {
    target = Objects.requireNonNull(newTarget);
  }

  /** Gives the node behind the edge another name. */
  public void rename(String newName) {
    nodeName = Objects.requireNonNull(newName);
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
  public void read(long offset, ByteBuffer buffer, int flags) {
    target.read(offset, buffer, flags);
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
