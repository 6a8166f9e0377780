package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.CopyBeforeWrite;
import io.ashlar.spi.CopyPlan;
import io.ashlar.spi.ErrorCode;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node that saves what is about to change. Reads go straight through: a copy changes nothing that
 * they see. So do writes flagged UNCHANGED, for what they leave is what they found. The length
 * cannot change below a snapshot; truncate is therefore not understood.
 */
@SuppressWarnings("try") // a lock is held, not used
final class CopyBeforeWriteNode implements BlockNode, CopyBeforeWrite {
  private static final Set<Operation> UNDERSTOOD =
      Set.of(
          Operation.READ,
          Operation.WRITE,
          Operation.WRITE_ZEROES,
          Operation.DISCARD,
          Operation.FLUSH,
          Operation.STATUS,
          Operation.WRITE_COMPRESSED);

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
  private final Child target;
  private final Copier copier;
  // Written at commits only, while the node is quiesced.
  private volatile NodeOptions nodeOptions;

  private CopyBeforeWriteNode(
      String name, Child file, Child target, Copier copier, NodeOptions nodeOptions) {
    this.name = name;
    this.file = file;
    this.target = target;
    this.copier = copier;
    this.nodeOptions = nodeOptions;
  }

  static CopyBeforeWriteNode open(OpenContext context) {
    Child target = context.child(CopyBeforeWriteDriver.TARGET);
    return new CopyBeforeWriteNode(
        context.nodeName(),
        context.child(CopyBeforeWriteDriver.FILE),
        target,
        new Copier(context, target),
        context.nodeOptions());
  }

  @Override
  public NodeTraits traits() {
    return file.traits().limitedTo(UNDERSTOOD);
  }

  @Override
  public long length() {
    return file.length();
  }

  @Override
  public void read(long offset, ByteBuffer buffer, int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    file.read(offset, buffer, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    requireWritable(flags);
    if ((flags & IoFlags.UNCHANGED) != 0) {
      file.write(offset, source, flags);
      return;
    }
    try (RangeLock.Held held = copier.enter(file, target, offset, source.remaining())) {
      file.write(offset, source, flags);
    }
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    requireWritable(flags);
    if ((flags & IoFlags.UNCHANGED) != 0) {
      file.writeZeroes(offset, length, flags);
      return;
    }
    try (RangeLock.Held held = copier.enter(file, target, offset, length)) {
      file.writeZeroes(offset, length, flags);
    }
  }

  @Override
  public void discard(long offset, long length, int flags) {
    requireWritable(flags);
    if (nodeOptions.discardUnmap()) {
      try (RangeLock.Held held = copier.enter(file, target, offset, length)) {
        file.discard(offset, length, flags);
      }
    }
  }

  /** Flushes the node alone; the target is flushed by the job at its end. */
  @Override
  public void flush() {
    file.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return file.status(offset, length);
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    throw new BlockException(
        ErrorCode.NOT_SUPPORTED,
        "the length cannot change below copy-before-write node '" + name + "'; remove it first");
  }

  private void requireWritable(int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    nodeOptions.requireWritable(name, flags);
  }

  @Override
  public long clusterSize() {
    return copier.clusterSize();
  }

  @Override
  public void begin(CopyPlan plan) {
    copier.begin(file, target, plan);
  }

  @Override
  public boolean active() {
    return copier.active();
  }

  @Override
  public long nextWanted(long offset) {
    return copier.nextWanted(offset);
  }

  @Override
  public boolean copyCluster(long offset) {
    return copier.copyCluster(file, target, offset);
  }

  @Override
  public void skip(long offset, long length) {
    copier.skip(offset, length);
  }

  @Override
  public long remaining() {
    return copier.remaining();
  }

  @Override
  public Optional<BlockException> failure() {
    return copier.failure();
  }

  @Override
  public void end() {
    copier.end();
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return new Step(
        new CopyBeforeWriteNode(
            name,
            context.child(CopyBeforeWriteDriver.FILE),
            context.child(CopyBeforeWriteDriver.TARGET),
            copier,
            context.nodeOptions()));
  }

  @Override
  public Map<String, Object> details() {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("cluster-size", clusterSize());
    details.put("active", active());
    details.put("remaining", remaining());
    failure().ifPresent(e -> details.put("failure", e.getMessage()));
    return details;
  }

  @Override
  public void close() {
    copier.end();
  }

  /** One prepared change of options or children; a plan under way goes on across it. */
  private final class Step implements ReopenStep {
    private final CopyBeforeWriteNode staged;
    private final AtomicBoolean over = new AtomicBoolean();

    Step(CopyBeforeWriteNode staged) {
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
      }
    }

    @Override
    public void abort() {
      over.set(true);
    }
  }
}
