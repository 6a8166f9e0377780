package io.ashlar.driver.throttle;

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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node that waits its turn in a group before reads, writes, zeroes and discards, and passes them
 * on. Flushes, status and changes of the length are not limited, as in QEMU.
 */
final class ThrottleNode implements BlockNode {
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
  private final Settings settings;

  private ThrottleNode(String name, Child file, Settings settings) {
    this.name = name;
    this.file = file;
    this.settings = settings;
  }

  static ThrottleNode open(OpenContext context, ThrottleGroup group) {
    return new ThrottleNode(
        context.nodeName(),
        context.child(ThrottleDriver.FILE),
        new Settings(group, context.nodeOptions()));
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
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    settings.member.admit(Direction.READ, target.remaining());
    file.read(offset, target, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    requireWritable(flags);
    settings.member.admit(Direction.WRITE, source.remaining());
    file.write(offset, source, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    requireWritable(flags);
    settings.member.admit(Direction.WRITE, length);
    file.writeZeroes(offset, length, flags);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    requireWritable(flags);
    if (settings.nodeOptions.discardUnmap()) {
      settings.member.admit(Direction.WRITE, length);
      file.discard(offset, length, flags);
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

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    requireWritable(IoFlags.NONE);
    file.truncate(newLength, preallocation);
  }

  private void requireWritable(int flags) {
    IoFlags.requireKnown(flags, KNOWN_FLAGS);
    settings.nodeOptions.requireWritable(name, flags);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    ThrottleGroup group = ThrottleDriver.group(context, context.options());
    Optional<ThrottleLimits> limits = ThrottleLimits.parse(context.options());
    limits.ifPresent(group::stage);
    Settings next = new Settings(settings.memberOf(group), context.nodeOptions());
    ThrottleNode staged = new ThrottleNode(name, context.child(ThrottleDriver.FILE), next);
    return new Step(staged, limits.isPresent());
  }

  @Override
  public void drainBegin() {
    settings.member.drainBegin();
  }

  @Override
  public void drainEnd() {
    settings.member.drainEnd();
  }

  @Override
  public void cancelInFlight() {
    settings.member.cancel();
  }

  @Override
  public Map<String, Object> details() {
    ThrottleGroup group = settings.member.group();
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("throttle-group", group.name());
    details.putAll(group.limits().details());
    return details;
  }

  @Override
  public void close() {
    settings.member.cancel();
  }

  /** What a reopen may change; written at commits only, while the node is quiesced. */
  private static final class Settings {
    private volatile ThrottleGroup.Member member;
    private volatile NodeOptions nodeOptions;

    Settings(ThrottleGroup group, NodeOptions nodeOptions) {
      this(group.new Member(), nodeOptions);
    }

    Settings(ThrottleGroup.Member member, NodeOptions nodeOptions) {
      this.member = member;
      this.nodeOptions = nodeOptions;
    }

    ThrottleGroup.Member memberOf(ThrottleGroup group) {
      if (member.group() == group) {
        return member;
      }
      ThrottleGroup.Member next = group.new Member();
      next.takeDrains(member);
      return next;
    }
  }

  /** One prepared change of options. */
  private final class Step implements ReopenStep {
    private final ThrottleNode staged;
    private final boolean changesLimits;
    private final AtomicBoolean over = new AtomicBoolean();

    Step(ThrottleNode staged, boolean changesLimits) {
      this.staged = staged;
      this.changesLimits = changesLimits;
    }

    @Override
    public BlockNode staged() {
      return staged;
    }

    @Override
    public void commit() {
      if (over.compareAndSet(false, true)) {
        ThrottleGroup.Member next = staged.settings.member;
        if (next.group() != settings.member.group()) {
          settings.member = next;
        }
        settings.nodeOptions = staged.settings.nodeOptions;
        end(true);
      }
    }

    @Override
    public void abort() {
      if (over.compareAndSet(false, true)) {
        end(false);
      }
    }

    private void end(boolean committed) {
      if (changesLimits) {
        staged.settings.member.group().unstage(committed);
      }
    }
  }
}
