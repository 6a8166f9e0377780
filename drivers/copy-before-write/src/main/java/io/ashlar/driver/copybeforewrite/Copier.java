package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.CopyPlan;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Operation;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.support.BufferPool;
import io.ashlar.spi.support.Clusters;
import io.ashlar.spi.support.Zeroes;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Copies each wanted cluster once, under its exclusive lock. Changes of the node share the lock of
 * their range and go ahead only when nothing in it is wanted any more; because clusters only ever
 * leave the wanted set, no change can slip between the check and the copy. A plan begins and ends
 * under the exclusive lock of everything, so no change is half on one side of it.
 */
@SuppressWarnings("try") // a lock is held, not used
final class Copier {
  private static final int SMALLEST_CLUSTER = 64 << 10;
  private static final int MOST_BUFFERS = 16;
  private static final int FEWEST_BUFFERS = 2;
  private static final int BUFFER_BYTES = 16 << 20;

  /** What one job wants, and why it cannot have it any more. */
  private static final class Plan {
    private final Wanted wanted;
    private final CopyPlan rules;
    private final AtomicReference<BlockException> failure = new AtomicReference<>();

    Plan(Wanted wanted, CopyPlan rules) {
      this.wanted = wanted;
      this.rules = rules;
    }
  }

  private final String name;
  private final int cluster;
  private final boolean breakGuestWrite;
  private final RangeLock locks;
  private final TimedCopies timed;
  private final BufferPool buffers;
  private final Consumer<NodeEvent> reporter;
  // Written under the exclusive lock of everything.
  private volatile Plan plan;
  private volatile Plan latest;

  Copier(OpenContext context, Child target) {
    long wish = context.options().optionalNumber(CopyBeforeWriteDriver.MIN_CLUSTER_SIZE).orElse(1);
    if (Long.bitCount(wish) != 1) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "'%s' is a power of two, not %d".formatted(CopyBeforeWriteDriver.MIN_CLUSTER_SIZE, wish));
    }
    name = context.nodeName();
    cluster =
        Clusters.size(
            Math.max(wish, target.traits().optimalTransfer()),
            SMALLEST_CLUSTER,
            CopyBeforeWriteDriver.LARGEST_CLUSTER);
    breakGuestWrite =
        context
            .options()
            .string(CopyBeforeWriteDriver.ON_ERROR)
            .equals(CopyBeforeWriteDriver.BREAK_GUEST_WRITE);
    locks = context.rangeLock(cluster);
    long seconds = context.options().optionalNumber(CopyBeforeWriteDriver.TIME_OUT).orElse(0);
    timed = seconds == 0 ? null : new TimedCopies(context, seconds);
    int count = Math.max(FEWEST_BUFFERS, Math.min(MOST_BUFFERS, BUFFER_BYTES / cluster));
    buffers = new BufferPool(context.waits(), cluster, count);
    reporter = context::report;
  }

  int clusterSize() {
    return cluster;
  }

  boolean active() {
    return plan != null;
  }

  Optional<BlockException> failure() {
    Plan asked = latest;
    return asked == null ? Optional.empty() : Optional.ofNullable(asked.failure.get());
  }

  long remaining() {
    Plan now = plan;
    return now == null ? 0 : now.wanted.bytes();
  }

  long nextWanted(long offset) {
    Plan now = plan;
    return now == null ? -1 : now.wanted.next(offset);
  }

  void begin(Child file, Child target, CopyPlan rules) {
    if (rules.compressed() && !target.traits().operations().contains(Operation.WRITE_COMPRESSED)) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "target '" + target.nodeName() + "' takes no compressed writes; use a qcow2 target");
    }
    try (RangeLock.Held held = everything()) {
      if (plan != null) {
        throw new BlockException(
            ErrorCode.INVALID_REQUEST, "node '" + name + "' copies for another job already");
      }
      long length = file.length();
      if (target.length() < length && !target.traits().growsOnWrite()) {
        throw new BlockException(
            ErrorCode.INVALID_REQUEST,
            "target '%s' has %d bytes, fewer than the %d of node '%s'; make it as long"
                .formatted(target.nodeName(), target.length(), length, file.nodeName()));
      }
      Wanted wanted =
          rules.wanted() == null
              ? Wanted.everything(length, cluster)
              : Wanted.dirty(length, cluster, rules.wanted(), rules.granularity());
      latest = new Plan(wanted, rules);
      plan = latest;
    }
  }

  void end() {
    try (RangeLock.Held held = everything()) {
      plan = null;
    }
  }

  private RangeLock.Held everything() {
    return locks.exclusive(0, Long.MAX_VALUE);
  }

  /**
   * Saves what a change of the range needs saved, then locks the range for the change.
   *
   * @throws BlockException the copy's error, with on-cbw-error=break-guest-write
   */
  RangeLock.Held enter(Child file, Child target, long offset, long length) {
    return timed == null
        ? enterWaiting(file, target, offset, length)
        : enterInTime(file, target, offset, length);
  }

  /**
   * A copy that hangs holds the lock of its cluster: so what is wanted is looked at before the lock
   * is taken, and once the plan is broken, when there is nothing to be saved any more, it is not
   * taken at all.
   */
  private RangeLock.Held enterInTime(Child file, Child target, long offset, long length) {
    while (true) {
      Plan now = plan;
      long start = unsaved(now, offset, length);
      if (start >= 0) {
        saveForGuest(now, file, target, start);
        continue;
      }
      if (now != null && now.failure.get() != null) {
        return () -> {};
      }
      RangeLock.Held held = locks.shared(offset, length);
      if (unsaved(plan, offset, length) < 0) {
        return held;
      }
      held.close();
    }
  }

  private RangeLock.Held enterWaiting(Child file, Child target, long offset, long length) {
    while (true) {
      RangeLock.Held held = locks.shared(offset, length);
      Plan now = plan;
      long start = unsaved(now, offset, length);
      if (start < 0) {
        return held;
      }
      held.close();
      while (start >= 0 && plan == now) {
        saveForGuest(now, file, target, start);
        start = unsaved(now, offset, length);
      }
    }
  }

  private static long unsaved(Plan now, long offset, long length) {
    if (now == null || length == 0 || now.failure.get() != null) {
      return -1;
    }
    long next = now.wanted.next(offset);
    // A subtraction, for offset + length may pass the largest long.
    return next >= 0 && next - offset < length ? next : -1;
  }

  private void saveForGuest(Plan now, Child file, Child target, long start) {
    try {
      if (timed == null) {
        copyCluster(now, file, target, start);
      } else {
        long cluster = Clusters.down(start, this.cluster);
        timed.run(cluster, () -> copyCluster(now, file, target, cluster));
      }
    } catch (BlockException e) {
      if (breakGuestWrite) {
        throw new BlockException(
            e.code(),
            "node '%s' refuses a write at %d because its old content could not be copied: %s"
                .formatted(name, start, e.getMessage()),
            e);
      }
      String sentence =
          "node '%s' could not copy the old content at %d before a write, so its target '%s' will not be complete: %s"
              .formatted(name, start, target.nodeName(), e.getMessage());
      if (now.failure.compareAndSet(null, new BlockException(e.code(), sentence, e))) {
        reporter.accept(new NodeEvent.SideWorkFailed(sentence));
      }
    }
  }

  /** See {@link io.ashlar.spi.CopyBeforeWrite#copyCluster}. */
  boolean copyCluster(Child file, Child target, long offset) {
    Plan now = plan;
    if (now == null) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST, "node '" + name + "' has nothing to copy: no plan has begun");
    }
    BlockException broken = now.failure.get();
    if (broken != null) {
      throw new BlockException(broken.code(), broken.getMessage(), broken);
    }
    return copyCluster(now, file, target, offset);
  }

  private boolean copyCluster(Plan now, Child file, Child target, long offset) {
    long start = Clusters.down(offset, cluster);
    try (RangeLock.Held held = locks.exclusive(start, cluster)) {
      if (plan != now || now.failure.get() != null || !now.wanted.contains(start)) {
        return false;
      }
      copy(file, target, start, (int) now.wanted.size(start), now.rules);
      now.wanted.remove(start);
      return true;
    }
  }

  void skip(long offset, long length) {
    Plan now = plan;
    if (now == null) {
      return;
    }
    long start = now.wanted.next(offset);
    while (start >= 0 && start - offset < length) {
      try (RangeLock.Held held = locks.exclusive(start, cluster)) {
        now.wanted.remove(start);
      }
      start = now.wanted.next(start);
    }
  }

  private void copy(Child file, Child target, long start, int length, CopyPlan rules) {
    boolean zeroable = target.traits().operations().contains(Operation.WRITE_ZEROES);
    Content content = content(file, start, length);
    if (content == Content.ZERO && zeroable) {
      zero(target, start, length, rules);
      return;
    }
    ByteBuffer buffer = buffers.take();
    try {
      buffer.limit(length);
      file.read(start, buffer, IoFlags.NONE);
      buffer.rewind();
      if (content == Content.UNKNOWN && zeroable && Zeroes.fill(buffer)) {
        zero(target, start, length, rules);
      } else {
        target.write(start, buffer, rules.compressed() ? IoFlags.COMPRESSED : IoFlags.NONE);
      }
    } finally {
      buffers.giveBack(buffer);
    }
  }

  private static void zero(Child target, long start, int length, CopyPlan rules) {
    if (!rules.targetReadsZero()) {
      target.writeZeroes(start, length, IoFlags.MAY_UNMAP);
    }
  }

  /** What is known of a cluster before it is read. */
  private enum Content {
    /** All of it reads as zeroes. */
    ZERO,
    /** Some of it is stored in the node. */
    DATA,
    /** Some of it comes from nodes below, which may have nothing either. */
    UNKNOWN
  }

  private static Content content(Child file, long start, int length) {
    Content content = Content.ZERO;
    for (long at = start; at < start + length; ) {
      BlockStatus status = file.status(at, start + length - at);
      if (status.zero()) {
        at += status.length();
        continue;
      }
      if (status.allocated()) {
        return Content.DATA;
      }
      content = Content.UNKNOWN;
      at += status.length();
    }
    return content;
  }
}
