package io.ashlar.engine.graph;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.engine.api.DeviceStatistics;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An outside user's way into the graph: each call takes a ticket, checks the range and goes down
 * the graph on the caller's thread.
 */
public final class DeviceCore {
  private final String name;
  private final boolean writable;
  private final StripedGate gate;
  private final Clock clock;
  private final LatencyHistogram latencies;
  private NodeCore root;

  private DeviceCore(DeviceSpec spec, NodeCore root, NodeServices services) {
    this.name = spec.name();
    this.writable = spec.permissions().uses(Permission.WRITE);
    this.gate = new StripedGate("device '" + name + "'", services.waits());
    this.clock = services.clock();
    this.latencies = services.latencies() ? new LatencyHistogram() : null;
    this.root = root;
  }

  /** A device on a node. */
  public static DeviceCore create(DeviceSpec spec, NodeCore root, NodeServices services) {
    return new DeviceCore(spec, root, services);
  }

  /** Its counters. */
  public DeviceStatistics statistics() {
    return new DeviceStatistics(
        name, root.name(), gate.inFlight(), latencies == null ? List.of() : latencies.snapshot());
  }

  private long begun() {
    return latencies == null ? 0 : clock.nanoTime();
  }

  private void ended(long begun) {
    if (latencies != null) {
      latencies.record(clock.nanoTime() - begun);
    }
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
    long begun = begun();
    long ticket = gate.enter();
    try {
      requireInside(offset, target.remaining());
      root.read(offset, target, flags);
    } finally {
      gate.leave(ticket);
      ended(begun);
    }
  }

  /** Writes what remains of the buffer. */
  public void write(long offset, ByteBuffer source, int flags) {
    long begun = begun();
    long ticket = gate.enter();
    try {
      requireWrite(flags);
      requireInside(offset, source.remaining());
      root.write(offset, source, flags);
    } finally {
      gate.leave(ticket);
      ended(begun);
    }
  }

  /** Makes a range zero. */
  public void writeZeroes(long offset, long length, int flags) {
    long begun = begun();
    long ticket = gate.enter();
    try {
      requireWrite(flags);
      requireInside(offset, length);
      root.writeZeroes(offset, length, flags);
    } finally {
      gate.leave(ticket);
      ended(begun);
    }
  }

  /** Gives a range up. */
  public void discard(long offset, long length, int flags) {
    long begun = begun();
    long ticket = gate.enter();
    try {
      requireWrite(flags);
      requireInside(offset, length);
      root.discard(offset, length, flags);
    } finally {
      gate.leave(ticket);
      ended(begun);
    }
  }

  /** Makes acknowledged writes durable. */
  public void flush() {
    long begun = begun();
    long ticket = gate.enter();
    try {
      root.flush();
    } finally {
      gate.leave(ticket);
      ended(begun);
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
