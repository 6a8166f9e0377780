package io.ashlar.driver.throttle;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The limits that several nodes share. Within a node requests go in the order of their arrival;
 * among the nodes of a group each gets its turn; where a read and a write may both go, the older
 * one does.
 *
 * <p>Nobody but the waiters themselves keeps time: the first waiter of each direction sleeps until
 * its buckets allow it, the others until they become first.
 */
final class ThrottleGroup {
  private final String name;
  private final Clock clock;
  private final Waits.WaitLock lock;
  private final Map<Direction, Deque<Member>> turns = new EnumMap<>(Direction.class);
  private Optional<ThrottleLimits> limits = Optional.empty();
  private Optional<ThrottleLimits> staged = Optional.empty();
  private Buckets buckets;
  private int stagings;
  private long arrivals;
  private volatile boolean limiting;

  ThrottleGroup(String name, Waits waits, Clock clock) {
    this.name = name;
    this.clock = clock;
    this.lock = waits.newLock();
    this.buckets = new Buckets(ThrottleLimits.NONE, clock.nanoTime());
    for (Direction direction : Direction.values()) {
      turns.put(direction, new ArrayDeque<>());
    }
  }

  String name() {
    return name;
  }

  /** What limits the group now. */
  ThrottleLimits limits() {
    lock.lock();
    try {
      return limits.orElse(ThrottleLimits.NONE);
    } finally {
      lock.unlock();
    }
  }

  /**
   * A node joins with limits of its own; the first ones that are given count.
   *
   * @throws BlockException INVALID_OPTION when the group has other limits already
   */
  void define(ThrottleLimits wanted) {
    lock.lock();
    try {
      if (limits.isEmpty()) {
        use(wanted);
      } else if (!limits.get().equals(wanted)) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION,
            ("throttle group '%s' has other limits already: %s; leave them out here, repeat them,"
                    + " or change them with a reopen")
                .formatted(name, limits.get().details()));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * A reopen wants these limits from its commit on.
   *
   * @throws BlockException INVALID_OPTION when another node of the same reopen wants others
   */
  void stage(ThrottleLimits wanted) {
    lock.lock();
    try {
      if (stagings > 0 && !staged.equals(Optional.of(wanted))) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION,
            "two nodes ask for different limits of throttle group '" + name + "' in one reopen");
      }
      staged = Optional.of(wanted);
      stagings++;
    } finally {
      lock.unlock();
    }
  }

  /** The reopen is over. */
  void unstage(boolean committed) {
    lock.lock();
    try {
      if (committed && !staged.equals(limits)) {
        staged.ifPresent(this::use);
      }
      stagings--;
    } finally {
      lock.unlock();
    }
  }

  private void use(ThrottleLimits wanted) {
    limits = Optional.of(wanted);
    buckets = new Buckets(wanted, clock.nanoTime());
    limiting = wanted.any();
    dispatch();
    // Whoever sleeps does so for the old limits' time.
    for (Direction direction : Direction.values()) {
      Waiter first = first(direction);
      if (first != null) {
        first.wake();
      }
    }
  }

  /**
   * Waits until the request may go, and counts it.
   *
   * @throws BlockException CANCELLED when the node was told to cancel what waits
   */
  void admit(Member member, Direction direction, long bytes) {
    if (!limiting) {
      return;
    }
    lock.lock();
    try {
      dispatch(); // afterwards a delay of zero means that nobody of this direction waits
      if (member.drains > 0 || buckets.delay(direction) == 0) {
        buckets.charge(direction, bytes);
        return;
      }
      Waiter waiter = new Waiter(member, direction, bytes, arrivals++, lock.newCondition());
      member.enqueue(waiter);
      await(waiter);
    } finally {
      lock.unlock();
    }
  }

  private void await(Waiter waiter) {
    while (waiter.state == Waiter.State.WAITING) {
      if (first(waiter.direction) == waiter) {
        waiter.sleep(buckets.delay(waiter.direction));
        dispatch();
      } else {
        waiter.sleep();
      }
    }
    if (waiter.state == Waiter.State.CANCELLED) {
      throw new BlockException(
          ErrorCode.CANCELLED,
          "a request was cancelled while it waited in throttle group '" + name + "'");
    }
  }

  /** Lets everybody go who may, oldest first, and sees that the new first ones keep time. */
  private void dispatch() {
    buckets.leak(clock.nanoTime());
    for (Waiter next = nextReady(); next != null; next = nextReady()) {
      next.member.dequeue(next);
      buckets.charge(next.direction, next.bytes);
      next.finish(Waiter.State.GRANTED);
    }
    for (Direction direction : Direction.values()) {
      Waiter first = first(direction);
      if (first != null && !first.keepsTime()) {
        first.wake();
      }
    }
  }

  private Waiter nextReady() {
    Waiter oldest = null;
    for (Direction direction : Direction.values()) {
      Waiter first = first(direction);
      if (first != null
          && buckets.delay(direction) == 0
          && (oldest == null || first.arrival < oldest.arrival)) {
        oldest = first;
      }
    }
    return oldest;
  }

  private Waiter first(Direction direction) {
    Member member = turns.get(direction).peekFirst();
    return member == null ? null : member.queues.get(direction).peekFirst();
  }

  /** One node's place in a group. */
  final class Member {
    private final Map<Direction, Deque<Waiter>> queues = new EnumMap<>(Direction.class);
    private int drains;

    Member() {
      for (Direction direction : Direction.values()) {
        queues.put(direction, new ArrayDeque<>());
      }
    }

    ThrottleGroup group() {
      return ThrottleGroup.this;
    }

    /** Waits until a request of the node may go. */
    void admit(Direction direction, long bytes) {
      ThrottleGroup.this.admit(this, direction, bytes);
    }

    /** Waits end at once, and nobody waits, until {@link #drainEnd}; both count. */
    void drainBegin() {
      lock.lock();
      try {
        drains++;
        releaseAll(Waiter.State.GRANTED);
      } finally {
        lock.unlock();
      }
    }

    void drainEnd() {
      lock.lock();
      try {
        drains--;
      } finally {
        lock.unlock();
      }
    }

    /** A node changes groups while it is quiesced: nobody waits, only the drains move. */
    void takeDrains(Member old) {
      // One lock after the other, never both: no order between groups is needed.
      int moved = old.drains();
      lock.lock();
      try {
        drains += moved;
      } finally {
        lock.unlock();
      }
    }

    private int drains() {
      lock.lock();
      try {
        return drains;
      } finally {
        lock.unlock();
      }
    }

    /** Who waits now is told CANCELLED. */
    void cancel() {
      lock.lock();
      try {
        releaseAll(Waiter.State.CANCELLED);
      } finally {
        lock.unlock();
      }
    }

    private void releaseAll(Waiter.State state) {
      for (Direction direction : Direction.values()) {
        Deque<Waiter> queue = queues.get(direction);
        for (Waiter waiter = queue.pollFirst(); waiter != null; waiter = queue.pollFirst()) {
          if (state == Waiter.State.GRANTED) {
            buckets.charge(direction, waiter.bytes);
          }
          waiter.finish(state);
        }
        turns.get(direction).remove(this);
      }
      dispatch();
    }

    private void enqueue(Waiter waiter) {
      Deque<Waiter> queue = queues.get(waiter.direction);
      if (queue.isEmpty()) {
        turns.get(waiter.direction).addLast(this);
      }
      queue.addLast(waiter);
    }

    /** Takes the first waiter off; the node's next one stands behind the other nodes. */
    private void dequeue(Waiter waiter) {
      Deque<Waiter> queue = queues.get(waiter.direction);
      queue.removeFirst();
      Deque<Member> turn = turns.get(waiter.direction);
      turn.removeFirst();
      if (!queue.isEmpty()) {
        turn.addLast(this);
      }
    }
  }
}
