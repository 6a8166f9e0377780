package io.ashlar.engine.bitmap;

import io.ashlar.spi.Clock;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;
import io.ashlar.spi.Waits.WaitThread;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals writable nodes that nobody has written for a while, so that a crash of an idle machine
 * leaves valid bitmaps. It is no checkpoint: the next write arms again. A node is sealed after the
 * quiet time and at most half of it more; one whose sealing failed is left alone until it was
 * written again.
 */
public final class IdleSealing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IdleSealing.class);

  /** A node as far as it matters here. */
  public interface Node {
    /** Its name. */
    String name();

    /** Grows with every write, zeroing and discard, failed ones too. */
    long changes();

    /** Whether its image says IN_USE and no write is in its driver. */
    boolean sealable();

    /** Begins to seal it; does not throw. */
    void seal();
  }

  /** When a node was seen changing for the last time. */
  private record Seen(long changes, long since, boolean tried) {}

  private final Clock clock;
  private final long quietNanos;
  private final Supplier<List<Node>> nodes;
  private final Map<String, Seen> seen = new HashMap<>();
  private final WaitLock lock;
  private final WaitCondition ended;
  private final WaitThread thread;

  /** Under the lock. */
  private boolean closed;

  /**
   * Starts watching.
   *
   * @param quietNanos how long nobody must have written
   * @param nodes the nodes of the moment
   */
  public IdleSealing(Waits waits, Clock clock, long quietNanos, Supplier<List<Node>> nodes) {
    this.clock = clock;
    this.quietNanos = quietNanos;
    this.nodes = nodes;
    lock = waits.newLock();
    ended = lock.newCondition();
    thread = waits.start("ashlar-idle", this::watch);
  }

  private void watch() {
    while (pause()) {
      try {
        look(nodes.get());
      } catch (RuntimeException e) {
        LOG.warn("Looking for idle nodes failed: {}", e.toString());
      }
    }
  }

  private boolean pause() {
    long end = clock.nanoTime() + Math.max(1, quietNanos / 2);
    lock.lock();
    try {
      for (long left = end - clock.nanoTime(); !closed && left > 0; ) {
        ended.awaitNanos(left);
        left = end - clock.nanoTime();
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void look(List<Node> present) {
    seen.keySet().retainAll(present.stream().map(Node::name).toList());
    long now = clock.nanoTime();
    for (Node node : present) {
      long changes = node.changes();
      Seen last = seen.get(node.name());
      if (last == null || last.changes() != changes) {
        seen.put(node.name(), new Seen(changes, now, false));
      } else if (!last.tried() && now - last.since() >= quietNanos && node.sealable()) {
        seen.put(node.name(), new Seen(changes, last.since(), true));
        node.seal();
      }
    }
  }

  /** Ends it; what was begun goes on. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
    thread.join(Long.MAX_VALUE);
  }
}
