package io.ashlar.engine.graph;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;

/**
 * An outside user's way into the graph: each call takes a ticket, checks the range and goes down
 * the graph on the caller's thread.
 */
public final class DeviceCore {
  private final String name;
  private final boolean writable;
  private final StripedGate gate;
  private NodeCore root;

  /** A device on a node. */
  public DeviceCore(String name, boolean writable, StripedGate gate, NodeCore root) {
    this.name = name;
    this.writable = writable;
    this.gate = gate;
    this.root = root;
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Its admission. */
  public StripedGate gate() {
    return gate;
  }

  /** The node it is on; for use under a ticket, or for display. */
  public NodeCore root() {
    return root;
  }

  /** Moves to another node; the device is quiesced. */
  public void retarget(NodeCore other) {
    root = other;
  }

  /** Bytes. */
  public long length() {
    long ticket = gate.enter();
    try {
      return root.length();
    } finally {
      gate.leave(ticket);
    }
  }

  /** Fills what remains of the buffer. */
  public void read(long offset, ByteBuffer target, int flags) {
    long ticket = gate.enter();
    try {
      requireInside(offset, target.remaining());
      root.read(offset, target, flags);
    } finally {
      gate.leave(ticket);
    }
  }

  /** Writes what remains of the buffer. */
  public void write(long offset, ByteBuffer source, int flags) {
    long ticket = gate.enter();
    try {
      requireWrite(flags);
      requireInside(offset, source.remaining());
      root.write(offset, source, flags);
    } finally {
      gate.leave(ticket);
    }
  }

  /** Makes a range zero. */
  public void writeZeroes(long offset, long length, int flags) {
    long ticket = gate.enter();
    try {
      requireWrite(flags);
      requireInside(offset, length);
      root.writeZeroes(offset, length, flags);
    } finally {
      gate.leave(ticket);
    }
  }

  /** Gives a range up. */
  public void discard(long offset, long length, int flags) {
    long ticket = gate.enter();
    try {
      requireWrite(flags);
      requireInside(offset, length);
      root.discard(offset, length, flags);
    } finally {
      gate.leave(ticket);
    }
  }

  /** Makes acknowledged writes durable. */
  public void flush() {
    long ticket = gate.enter();
    try {
      root.flush();
    } finally {
      gate.leave(ticket);
    }
  }

  /** What the start of a range holds. */
  public BlockStatus status(long offset, long length) {
    long ticket = gate.enter();
    try {
      requireInside(offset, length);
      return root.status(offset, length);
    } finally {
      gate.leave(ticket);
    }
  }

  /** Changes the node's length; the caller holds the control plane. */
  public void truncate(long length, Preallocation preallocation) {
    long ticket = gate.enter();
    try {
      root.truncate(length, preallocation);
    } finally {
      gate.leave(ticket);
    }
  }

  private void requireWrite(int flags) {
    IoFlags.requireKnown(flags, IoFlags.ALL);
    if (!writable) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "device '" + name + "' was attached for reading; attach it as a writer to write");
    }
  }

  private void requireInside(long offset, long length) {
    long end = root.length();
    if (offset < 0 || length < 0 || offset > end || length > end - offset) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "device '"
              + name
              + "': "
              + length
              + " bytes at "
              + offset
              + " are not within the "
              + end
              + " bytes of node '"
              + root.name()
              + "'");
    }
  }
}
