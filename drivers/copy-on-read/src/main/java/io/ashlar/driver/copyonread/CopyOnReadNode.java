package io.ashlar.driver.copyonread;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node that fills its child before it reads from it. Everything that changes content shares the
 * lock of its range, so that no fill puts old bytes over new ones; reads need no lock, for a fill
 * changes nothing that they see.
 */
@SuppressWarnings("try") // a lock is held, not used
final class CopyOnReadNode implements BlockNode {
  private static final Set<Operation> UNDERSTOOD =
      Set.of(
          Operation.READ,
          Operation.WRITE,
          Operation.WRITE_ZEROES,
          Operation.DISCARD,
          Operation.FLUSH,
          Operation.STATUS,
          Operation.WRITE_COMPRESSED,
          Operation.TRUNCATE);

  // Named one by one: a flag of a later level is refused until somebody has thought about it here.
  private static final int KNOWN_FLAGS =
      IoFlags.FUA
          | IoFlags.UNCHANGED
          | IoFlags.MAY_UNMAP
          | IoFlags.NO_FALLBACK
          | IoFlags.COMPRESSED
          | IoFlags.PREFETCH;

  private final String name;
  private final Child file;
  private final Filler filler;
  // Written at commits only, while the node is quiesced.
  private volatile NodeOptions nodeOptions;

  private CopyOnReadNode(String name, Child file, Filler filler, NodeOptions nodeOptions) {
    this.name = name;
    this.file = file;
    this.filler = filler;
    this.nodeOptions = nodeOptions;
  }

  static CopyOnReadNode open(OpenContext context) {
    Child file = context.child(CopyOnReadDriver.FILE);
    return new CopyOnReadNode(
        context.nodeName(), file, new Filler(context, file), context.nodeOptions());
  }

  @Override
  public NodeTraits traits() {
    return file.traits().limitedTo(UNDERSTOOD);
  }

  @Override
  public long length() {
    return file.length();
  }

  /**
   * Reads, after filling what was unallocated. A fill that fails does not fail the read, unless the
   * fill is all that was asked for (PREFETCH); then the target stays as it is.
   */
  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    boolean prefetch = (flags & IoFlags.PREFETCH) != 0;
    if (!nodeOptions.readOnly() && filler.active()) {
      if (prefetch) {
        filler.fill(file, offset, target.remaining());
        return;
      }
      filler.tryFill(file, offset, target.remaining());
    }
    file.read(offset, target, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    requireWritable(flags);
    try (RangeLock.Held held = filler.locks().shared(offset, source.remaining())) {
      file.write(offset, source, flags);
    }
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    requireWritable(flags);
    try (RangeLock.Held held = filler.locks().shared(offset, length)) {
      file.writeZeroes(offset, length, flags);
    }
  }

  @Override
  public void discard(long offset, long length, int flags) {
    requireWritable(flags);
    if (nodeOptions.discardUnmap()) {
      try (RangeLock.Held held = filler.locks().shared(offset, length)) {
        file.discard(offset, length, flags);
      }
    }
  }

  @Override
  public void flush() {
    file.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return file.status(offset, length);
  }

  /** Waits for fills beyond the shorter length, which would otherwise write past the end. */
  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    requireWritable(IoFlags.NONE);
    long from = Math.min(newLength, file.length());
    try (RangeLock.Held held = filler.locks().exclusive(from, Long.MAX_VALUE - from)) {
      file.truncate(newLength, preallocation);
    }
  }

  private void requireWritable(int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    nodeOptions.requireWritable(name, flags);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return new Step(
        new CopyOnReadNode(
            name, context.child(CopyOnReadDriver.FILE), filler, context.nodeOptions()));
  }

  @Override
  public void close() {
    // The child belongs to the engine, and nothing is cached here.
  }

  /** One prepared change of options or children. */
  private final class Step implements ReopenStep {
    private final CopyOnReadNode staged;
    private final AtomicBoolean over = new AtomicBoolean();

    Step(CopyOnReadNode staged) {
      this.staged = staged;
    }

    @Override
    public BlockNode staged() {
      return staged;
    }

    @Override
    public void commit() {
      if (over.compareAndSet(false, true)) {
        nodeOptions = staged.nodeOptions;
        filler.retry();
      }
    }

    @Override
    public void abort() {
      over.set(true);
    }
  }
}
