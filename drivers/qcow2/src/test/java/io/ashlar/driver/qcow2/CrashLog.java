package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Storage that remembers every change, and gives the disks that a crash may leave: everything up to
 * a flush, and of what came after it nothing, one piece alone, or all.
 */
final class CrashLog implements BlockIo {
  private final MemoryNode disk;
  private final MemoryNode start;
  private final List<List<Consumer<MemoryNode>>> epochs = new ArrayList<>();

  CrashLog(MemoryNode disk) {
    this.disk = disk;
    this.start = disk.copy();
    epochs.add(new ArrayList<>());
  }

  /** The disks; as many as there were changes, and more. */
  List<MemoryNode> states() {
    List<MemoryNode> states = new ArrayList<>();
    MemoryNode durable = start.copy();
    for (List<Consumer<MemoryNode>> epoch : epochs) {
      states.add(durable.copy());
      for (Consumer<MemoryNode> change : epoch) {
        MemoryNode one = durable.copy();
        change.accept(one);
        states.add(one);
      }
      epoch.forEach(change -> change.accept(durable));
    }
    states.add(durable);
    return states;
  }

  private void add(Consumer<MemoryNode> change) {
    change.accept(disk);
    epochs.get(epochs.size() - 1).add(change);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    add(node -> node.write(offset, ByteBuffer.wrap(bytes), flags));
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    add(node -> node.writeZeroes(offset, length, flags));
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    add(node -> node.truncate(newLength, preallocation));
  }

  @Override
  public void flush() {
    disk.flush();
    epochs.add(new ArrayList<>());
  }

  @Override
  public void discard(long offset, long length, int flags) {
    disk.discard(offset, length, flags);
  }

  @Override
  public NodeTraits traits() {
    return disk.traits();
  }

  @Override
  public long length() {
    return disk.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    disk.read(offset, target, flags);
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return disk.status(offset, length);
  }
}
