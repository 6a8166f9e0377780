package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.Background;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies that a guest's write waits for no longer than a limit. Each runs on a thread of its own
 * under a background ticket, so that it may outlive the write; writes that want the same cluster
 * wait for the same copy.
 */
@SuppressWarnings("try") // a ticket is held, not used
final class TimedCopies {
  /** Copies that hang at the same time; further ones fail at once. */
  private static final int MOST = 64;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final String name;
  private final Background background;
  private final Waits waits;
  private final Clock clock;
  private final long seconds;
  private final WaitLock lock;
  private final WaitCondition ended;

  /** By cluster; under the lock. */
  private final Map<Long, Attempt> running = new HashMap<>();

  /** One copy; under the lock. */
  private static final class Attempt {
    private boolean over;
    private RuntimeException error;
  }

  /**
   * Copies of one node.
   *
   * @param seconds how long a write waits, more than 0
   */
  TimedCopies(OpenContext context, long seconds) {
    this.name = context.nodeName();
    this.background = context.background();
    this.waits = context.waits();
    this.clock = context.clock();
    this.seconds = seconds;
    this.lock = waits.newLock();
    this.ended = lock.newCondition();
  }

  /**
   * Has a cluster copied and waits for it.
   *
   * @throws BlockException of the copy; TIMED_OUT when it goes on without the caller
   */
  void run(long cluster, Runnable copy) {
    lock.lock();
    try {
      Attempt attempt = running.get(cluster);
      if (attempt == null) {
        attempt = start(cluster, copy);
      }
      await(attempt, cluster);
      if (attempt.error != null) {
        throw attempt.error;
      }
    } finally {
      lock.unlock();
    }
  }

  private Attempt start(long cluster, Runnable copy) {
    if (running.size() >= MOST) {
      throw late(cluster, MOST + " copies before it hang");
    }
    Attempt attempt = new Attempt();
    running.put(cluster, attempt);
    boolean started = false;
    try {
      waits.start("ashlar-" + name + "-copy", () -> carryOut(attempt, cluster, copy));
      started = true;
    } finally {
      if (!started) {
        running.remove(cluster);
      }
    }
    return attempt;
  }

  private void carryOut(Attempt attempt, long cluster, Runnable copy) {
    RuntimeException error = null;
    try (Background.Ticket ticket = background.enter()) {
      copy.run();
    } catch (RuntimeException e) {
      error = e;
    } finally {
      lock.lock();
      try {
        attempt.over = true;
        attempt.error = error;
        running.remove(cluster);
        ended.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void await(Attempt attempt, long cluster) {
    long end = clock.nanoTime() + seconds * NANOS_PER_SECOND;
    while (!attempt.over) {
      long left = end - clock.nanoTime();
      if (left <= 0) {
        throw late(cluster, "it took longer than " + seconds + " s");
      }
      ended.awaitNanos(left);
    }
  }

  private BlockException late(long cluster, String why) {
    return new BlockException(
        ErrorCode.TIMED_OUT,
        "node '"
            + name
            + "' gave up waiting for the copy of the cluster at "
            + cluster
            + ": "
            + why);
  }
}
