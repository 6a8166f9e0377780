package io.ashlar.tests.differential;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorKind;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The twin that Ashlar works on, through the interface for embedders. */
final class EngineDisk implements Disk {
  private static final AtomicLong NUMBER = new AtomicLong();

  private final Ashlar engine;
  private final String node = "disk" + NUMBER.incrementAndGet();
  private final Path image;
  private final Path backing;
  private final String backingFormat;
  private BlockDevice device;

  /** Opens an image read-write; {@code backing} may be null. */
  EngineDisk(Ashlar engine, Path image, Path backing, String backingFormat) {
    this.engine = engine;
    this.image = image;
    this.backing = backing;
    this.backingFormat = backingFormat;
    open();
  }

  private void open() {
    engine.graph().add(definition(false)).await();
    device = engine.graph().attach(node, new DeviceSettings(node + "-user", true, true)).await();
  }

  /** A storage file as a child. */
  static NodeDefinition file(String nodeName, Path file) {
    return NodeDefinition.of("file", nodeName).with("filename", file.toString());
  }

  private NodeDefinition definition(boolean readOnly) {
    NodeDefinition disk =
        NodeDefinition.of("qcow2", node)
            .with("read-only", readOnly)
            .with("discard", "unmap")
            .with("file", file(node + "-file", image).with("discard", "unmap"));
    if (backing == null) {
      return disk;
    }
    NodeDefinition below =
        NodeDefinition.of(backingFormat, node + "-backing")
            .with("read-only", true)
            .with("file", file(node + "-backing-file", backing).with("read-only", true));
    return disk.with("backing", below);
  }

  /** Its node's name. */
  String node() {
    return node;
  }

  @Override
  public void write(long offset, int length, Fill fill, boolean durable) {
    int flags = durable ? IoFlags.FUA : IoFlags.NONE;
    guarded(() -> device.write(offset, ByteBuffer.wrap(fill.bytes(length)), flags));
  }

  @Override
  public void writeCompressed(long offset, int length, Fill fill) {
    guarded(() -> device.write(offset, ByteBuffer.wrap(fill.bytes(length)), IoFlags.COMPRESSED));
  }

  @Override
  public void writeZeroes(long offset, long length, boolean mayUnmap) {
    guarded(() -> device.writeZeroes(offset, length, mayUnmap ? IoFlags.MAY_UNMAP : 0));
  }

  @Override
  public void discard(long offset, long length) {
    guarded(() -> device.discard(offset, length));
  }

  @Override
  public byte[] read(long offset, int length) {
    ByteBuffer target = ByteBuffer.allocate(length);
    guarded(() -> device.read(offset, target));
    return target.array();
  }

  @Override
  public void flush() {
    guarded(device::flush);
  }

  @Override
  public void reopen(boolean readOnly) {
    if (readOnly) {
      device.close();
      guarded(() -> engine.graph().reopen(List.of(reopened(true))).await());
      device = engine.graph().attach(node, DeviceSettings.reader(node + "-user")).await();
    } else {
      device.close();
      guarded(() -> engine.graph().reopen(List.of(reopened(false))).await());
      device = engine.graph().attach(node, new DeviceSettings(node + "-user", true, true)).await();
    }
  }

  private NodeDefinition reopened(boolean readOnly) {
    NodeDefinition disk =
        NodeDefinition.of("qcow2", node)
            .with("read-only", readOnly)
            .with("discard", "unmap")
            .with("file", node + "-file");
    return backing == null ? disk : disk.with("backing", node + "-backing");
  }

  @Override
  public void restart() {
    remove();
    open();
  }

  @Override
  public void resize(long length) {
    guarded(() -> engine.graph().resize(node, length, Preallocation.OFF).await());
  }

  /** Bytes. */
  long length() {
    return device.length();
  }

  /** What the top node holds. */
  BlockStatus status(long offset, long length) {
    return device.status(offset, length);
  }

  private void remove() {
    device.close();
    engine.graph().remove(node).await();
  }

  @Override
  public void close() {
    remove();
  }

  /** Refusals are answers; an error that blames a driver or the engine is a failure. */
  private static void guarded(Runnable call) {
    try {
      call.run();
    } catch (BlockException e) {
      if (e.kind() == ErrorKind.INTERNAL) {
        throw e;
      }
      throw new Refused(e.code() + ": " + e.getMessage(), e);
    }
  }
}
