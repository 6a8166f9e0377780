package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node that delays and fails requests as its rules say and passes on the others. An injected
 * error means that nothing of the request happened below. Staged access obeys rules too, so that a
 * reopen can be made to fail.
 */
final class BlkdebugNode implements BlockNode {
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
  private final Child image;
  private final Delays delays;
  // Written at commits only, while the node is quiesced.
  private volatile Settings settings;

  private record Settings(Rules rules, NodeOptions nodeOptions) {}

  private BlkdebugNode(String name, Child image, Delays delays, Settings settings) {
    this.name = name;
    this.image = image;
    this.delays = delays;
    this.settings = settings;
  }

  static BlkdebugNode open(OpenContext context) {
    return new BlkdebugNode(
        context.nodeName(),
        context.child(BlkdebugDriver.IMAGE),
        new Delays(context.waits(), context.clock()),
        new Settings(Rules.of(context.options()), context.nodeOptions()));
  }

  @Override
  public NodeTraits traits() {
    return image.traits().limitedTo(UNDERSTOOD);
  }

  @Override
  public long length() {
    return image.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    apply(IoType.READ, offset, target.remaining());
    image.read(offset, target, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    requireWritable(flags);
    apply(IoType.WRITE, offset, source.remaining());
    image.write(offset, source, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    requireWritable(flags);
    apply(IoType.WRITE_ZEROES, offset, length);
    image.writeZeroes(offset, length, flags);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    requireWritable(flags);
    if (settings.nodeOptions.discardUnmap()) {
      apply(IoType.DISCARD, offset, length);
      image.discard(offset, length, flags);
    }
  }

  @Override
  public void flush() {
    apply(IoType.FLUSH, 0, 0);
    image.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    apply(IoType.BLOCK_STATUS, offset, length);
    return image.status(offset, length);
  }

  /** Passed on; no rule can name it, as in QEMU. */
  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    requireWritable(IoFlags.NONE);
    image.truncate(newLength, preallocation);
  }

  private void apply(IoType type, long offset, long length) {
    Rules rules = settings.rules;
    long nanos = rules.delay(type, offset, length);
    if (nanos > 0) {
      delays.await(name, nanos);
    }
    rules.fail(name, type, offset, length);
  }

  private void requireWritable(int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    settings.nodeOptions.requireWritable(name, flags);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    Settings next = new Settings(settings.rules.after(context.options()), context.nodeOptions());
    return new Step(new BlkdebugNode(name, context.child(BlkdebugDriver.IMAGE), delays, next));
  }

  @Override
  public void drainBegin() {
    delays.drainBegin();
  }

  @Override
  public void drainEnd() {
    delays.drainEnd();
  }

  @Override
  public void cancelInFlight() {
    delays.cancel();
  }

  @Override
  public void close() {
    delays.cancel();
  }

  /** One prepared change of options. */
  private final class Step implements ReopenStep {
    private final BlkdebugNode staged;
    private final AtomicBoolean over = new AtomicBoolean();

    Step(BlkdebugNode staged) {
      this.staged = staged;
    }

    @Override
    public BlockNode staged() {
      return staged;
    }

    @Override
    public void commit() {
      if (over.compareAndSet(false, true)) {
        settings = staged.settings;
      }
    }

    @Override
    public void abort() {
      over.set(true);
    }
  }
}
