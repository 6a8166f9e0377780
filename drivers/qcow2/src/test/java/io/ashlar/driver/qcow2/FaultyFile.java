package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Storage with a cache, as Linux has it: what was written is read back at once and durable after a
 * flush; a flush that fails may have lost what it was to write, though it is still read back, and
 * no later flush writes it. One operation fails, or all from one on.
 */
final class FaultyFile implements BlockNode {
  /** What a failing operation does all the same. */
  enum Effect {
    /** Nothing: what a failed flush was to write goes with the next one. */
    NOTHING,
    /** Everything; only the answer is an error. */
    DONE,
    /** A write: its first half. A flush: it loses what was written. */
    HALF
  }

  private final MemoryNode cache;
  private final MemoryNode disk;
  private final List<Consumer<MemoryNode>> pending = new ArrayList<>();
  private int operations;
  private int failAt = Integer.MAX_VALUE;
  private boolean forEver;
  private Effect effect = Effect.NOTHING;
  private int failures;
  private volatile IntConsumer before = length -> {};

  FaultyFile(MemoryNode content) {
    cache = content.copy();
    disk = content.copy();
  }

  /** The n-th write or flush from now on fails (1 is the next), and all later ones if for ever. */
  void fail(int nth, boolean always, Effect how) {
    operations = 0;
    failures = 0;
    failAt = nth;
    forEver = always;
    effect = how;
  }

  /** Called before each write with its length; others go on while it waits. */
  void beforeWrites(IntConsumer action) {
    before = action;
  }

  /** Nothing fails from now on. */
  void heal() {
    failAt = Integer.MAX_VALUE;
    forEver = false;
  }

  /** Writes and flushes since {@link #fail}. */
  int operations() {
    return operations;
  }

  /** How many of them failed. */
  int failures() {
    return failures;
  }

  /** What a crash leaves: nothing of what was not flushed, all of it, or the last of it alone. */
  List<MemoryNode> crashes() {
    List<MemoryNode> states = new ArrayList<>();
    states.add(disk.copy());
    if (!pending.isEmpty()) {
      MemoryNode all = disk.copy();
      pending.forEach(change -> change.accept(all));
      states.add(all);
    }
    if (pending.size() > 1) {
      MemoryNode last = disk.copy();
      pending.get(pending.size() - 1).accept(last);
      states.add(last);
    }
    return states;
  }

  private boolean fails() {
    operations++;
    boolean now = operations == failAt || forEver && operations > failAt;
    failures += now ? 1 : 0;
    return now;
  }

  private static BlockException error() {
    return new BlockException(ErrorCode.IO_ERROR, "injected");
  }

  private void change(Consumer<MemoryNode> change) {
    change.accept(cache);
    pending.add(change);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    before.accept(source.remaining());
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    if (!fails()) {
      change(node -> node.write(offset, ByteBuffer.wrap(bytes), flags));
      return;
    }
    int count =
        switch (effect) {
          case NOTHING -> 0;
          case DONE -> bytes.length;
          case HALF -> bytes.length / 1024 * 512;
        };
    if (count > 0) {
      change(node -> node.write(offset, ByteBuffer.wrap(bytes, 0, count), flags));
    }
    throw error();
  }

  @Override
  public void flush() {
    boolean failing = fails();
    if (!failing || effect == Effect.DONE) {
      pending.forEach(change -> change.accept(disk));
      pending.clear();
    } else if (effect == Effect.HALF) {
      pending.clear();
    }
    if (failing) {
      throw error();
    }
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    if (fails()) {
      throw error();
    }
    change(node -> node.writeZeroes(offset, length, flags));
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    change(node -> node.truncate(newLength, preallocation));
  }

  @Override
  public void discard(long offset, long length, int flags) {
    change(node -> node.discard(offset, Math.min(length, node.length() - offset), flags));
  }

  @Override
  public NodeTraits traits() {
    return cache.traits();
  }

  @Override
  public long length() {
    return cache.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    cache.read(offset, target, flags);
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return cache.status(offset, length);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return ReopenStep.unchanged(this);
  }

  @Override
  public void close() {}
}
