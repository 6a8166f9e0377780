package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.util.EnumSet;

/** A device: everything but a change of length. */
final class NoTruncate implements BlockIo {
  private final BlockIo device;

  NoTruncate(BlockIo device) {
    this.device = device;
  }

  @Override
  public NodeTraits traits() {
    EnumSet<Operation> fewer = EnumSet.copyOf(NodeTraits.PLAIN);
    fewer.remove(Operation.TRUNCATE);
    return new NodeTraits(1, 1, 65536, false, false, fewer);
  }

  @Override
  public long length() {
    return device.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    device.read(offset, target, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    device.write(offset, source, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    device.writeZeroes(offset, length, flags);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    device.discard(offset, length, flags);
  }

  @Override
  public void flush() {
    device.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return device.status(offset, length);
  }
}
