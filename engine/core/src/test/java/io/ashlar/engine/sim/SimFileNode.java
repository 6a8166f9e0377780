package io.ashlar.engine.sim;

import io.ashlar.spi.JournalHost;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.ReopenContext;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A protocol node on a {@link SimDisk}. */
final class SimFileNode extends SimNode implements JournalHost {
  private final SimDisk disk;

  /** It has said that it is ready to lose writing. */
  private boolean settled;

  SimFileNode(World world, OpenContext context, SimDisk disk) {
    super(world, context, List.of());
    this.disk = disk;
  }

  private SimFileNode(SimFileNode of, ReopenContext context) {
    super(of, context, List.of());
    disk = of.disk;
  }

  @Override
  public JournalPlace journalPlace() {
    return JournalPlace.beside(Path.of("/sim", disk.name), disk.name);
  }

  SimDisk disk() {
    return disk;
  }

  @Override
  List<String> roles() {
    return List.of();
  }

  @Override
  SimNode staged(ReopenContext context) {
    return new SimFileNode(this, context);
  }

  @Override
  public long length() {
    return (long) disk.sectors() * SimDisk.SECTOR;
  }

  @Override
  void doRead(long offset, ByteBuffer target, int flags) {
    int sector = (int) (offset / SimDisk.SECTOR);
    while (target.hasRemaining()) {
      byte[] bytes = disk.read(sector++);
      target.put(bytes, 0, Math.min(bytes.length, target.remaining()));
    }
  }

  @Override
  void settles(ReopenContext context) {
    settled = !readOnly && context.nodeOptions().readOnly();
  }

  @Override
  void stepEnds() {
    settled = false;
  }

  @Override
  void doWrite(long offset, ByteBuffer source, int flags) {
    requireWritable("write");
    if (settled) {
      world.violated("node '" + name + "' is written after it was ready to lose writing");
    }
    int sector = (int) (offset / SimDisk.SECTOR);
    while (source.hasRemaining()) {
      byte[] bytes = new byte[SimDisk.SECTOR];
      source.get(bytes);
      world.beforeWrite(disk, sector);
      Object write = disk.begin(sector++, bytes);
      world.afterWrite(disk);
      world.maybePause();
      disk.complete(write);
    }
  }

  @Override
  void doZero(long offset, long length, int flags) {
    doWrite(offset, ByteBuffer.allocate((int) length), flags);
  }

  @Override
  void doFlush() {
    Object flush = disk.beginFlush();
    boolean done = false;
    try {
      done = !world.faults().at(name, "sync");
    } finally {
      if (!done) {
        disk.flushFailed(flush);
      }
    }
    if (!done) {
      throw Faults.failure(name, "sync");
    }
    world.maybePause();
    disk.flushed(flush);
    world.afterWrite(disk);
  }

  @Override
  void doTruncate(long length) {
    requireWritable("truncate");
  }
}
