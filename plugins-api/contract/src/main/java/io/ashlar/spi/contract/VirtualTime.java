package io.ashlar.spi.contract;

import io.ashlar.spi.Clock;
import io.ashlar.spi.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Waits and a clock of one piece for tests of many threads: only one thread runs at a time, a seed
 * picks the next one wherever a thread could wait, and time jumps ahead only when nobody can run.
 * Hours pass in no time, and the same seed gives the same order.
 *
 * <p>The thread that makes it takes part; all others come from {@link #start}. When everybody waits
 * for ever, every wait throws an {@link AssertionError} that says so.
 */
public final class VirtualTime implements Waits, Clock {
  private static final long START_MILLIS = 1_700_000_000_000L;
  private static final long NEVER = Long.MAX_VALUE;

  private final ReentrantLock baton = new ReentrantLock();
  private final List<Task> tasks = new ArrayList<>();
  private final Random random;
  private final long seed;
  private Task running;
  private long now;
  private AssertionError stuck;

  /** Time zero. */
  public VirtualTime(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
    this.running = new Task("test");
    this.running.thread = Thread.currentThread();
    tasks.add(running);
  }

  @Override
  public long nanoTime() {
    baton.lock();
    try {
      return now;
    } finally {
      baton.unlock();
    }
  }

  @Override
  public long currentTimeMillis() {
    return START_MILLIS + nanoTime() / 1_000_000;
  }

  /** Lets any thread run next, this one among them; a place where a scheduler might switch. */
  public void pause() {
    block(() -> true, NEVER);
  }

  @Override
  public void sleep(long nanos) {
    long end = nanoTime() + nanos;
    block(() -> now >= end, end);
  }

  @Override
  public WaitLock newLock() {
    return new Lock();
  }

  @Override
  public WaitThread start(String name, Runnable body) {
    Task task = new Task(name);
    task.thread =
        new Thread(
            () -> {
              try {
                awaitTurn(task);
                body.run();
              } finally {
                finish(task);
              }
            },
            name);
    task.thread.setDaemon(true);
    baton.lock();
    try {
      tasks.add(task);
    } finally {
      baton.unlock();
    }
    task.thread.start();
    return nanos -> {
      long end = nanos > NEVER - nanoTime() ? NEVER : nanoTime() + nanos;
      block(() -> task.done || now >= end, end);
      return task.done;
    };
  }

  /** Gives the baton away until the condition holds; only this class changes what it asks for. */
  private void block(BooleanSupplier ready, long deadline) {
    baton.lock();
    try {
      Task me = running;
      if (me == null || me.thread != Thread.currentThread()) {
        throw new IllegalStateException("a thread that virtual time does not know waits");
      }
      me.ready = ready;
      me.deadline = deadline;
      passOn();
    } finally {
      baton.unlock();
    }
    awaitTurn(tasks(Thread.currentThread()));
  }

  private Task tasks(Thread thread) {
    baton.lock();
    try {
      return tasks.stream().filter(task -> task.thread == thread).findFirst().orElseThrow();
    } finally {
      baton.unlock();
    }
  }

  private void awaitTurn(Task me) {
    baton.lock();
    try {
      while (running != me) {
        if (stuck != null) {
          throw stuck;
        }
        me.turn.awaitUninterruptibly();
      }
    } finally {
      baton.unlock();
    }
  }

  private void finish(Task me) {
    baton.lock();
    try {
      me.done = true;
      tasks.remove(me);
      if (running == me) {
        passOn();
      }
    } finally {
      baton.unlock();
    }
  }

  private void passOn() {
    running = null;
    while (!tasks.isEmpty() && stuck == null) {
      List<Task> ready = tasks.stream().filter(task -> task.ready.getAsBoolean()).toList();
      if (!ready.isEmpty()) {
        running = ready.get(random.nextInt(ready.size()));
        running.turn.signal();
        return;
      }
      long next =
          tasks.stream().mapToLong(task -> task.deadline).filter(t -> t > now).min().orElse(NEVER);
      if (next == NEVER) {
        stuck = new AssertionError("every thread waits for ever; seed " + seed + ": " + tasks);
        tasks.forEach(task -> task.turn.signal());
        return;
      }
      now = next;
    }
  }

  /** A thread that takes part; the baton guards it. */
  private final class Task {
    private final String name;
    private final Condition turn = baton.newCondition();
    private Thread thread;
    private BooleanSupplier ready = () -> true;
    private long deadline = NEVER;
    private boolean done;

    Task(String name) {
      this.name = name;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** A lock; since one thread runs at a time, plain fields are enough between two waits. */
  private final class Lock implements WaitLock {
    private Thread owner;
    private int holds;

    @Override
    public void lock() {
      if (owner != Thread.currentThread()) {
        block(() -> owner == null, NEVER);
        owner = Thread.currentThread();
      }
      holds++;
    }

    @Override
    public boolean tryLock() {
      if (owner != null && owner != Thread.currentThread()) {
        return false;
      }
      owner = Thread.currentThread();
      holds++;
      return true;
    }

    @Override
    public void unlock() {
      requireHeld();
      if (--holds == 0) {
        owner = null;
      }
    }

    @Override
    public boolean isHeldByCurrentThread() {
      return owner == Thread.currentThread();
    }

    @Override
    public WaitCondition newCondition() {
      return new LockCondition(this);
    }

    private void requireHeld() {
      if (owner != Thread.currentThread()) {
        throw new IllegalMonitorStateException("the lock is not held by this thread");
      }
    }
  }

  /** A condition; waiters wake in the order of their arrival. */
  private final class LockCondition implements WaitCondition {
    private final Lock lock;
    private final List<boolean[]> waiters = new ArrayList<>();

    LockCondition(Lock lock) {
      this.lock = lock;
    }

    @Override
    public void await() {
      await(NEVER);
    }

    @Override
    public long awaitNanos(long nanos) {
      long end = nanos > NEVER - nanoTime() ? NEVER : nanoTime() + nanos;
      await(end);
      return end - nanoTime();
    }

    private void await(long end) {
      lock.requireHeld();
      boolean[] woken = new boolean[1];
      waiters.add(woken);
      int holds = lock.holds;
      lock.holds = 0;
      lock.owner = null;
      block(() -> (woken[0] || now >= end) && lock.owner == null, end);
      waiters.removeIf(waiter -> waiter == woken);
      lock.owner = Thread.currentThread();
      lock.holds = holds;
    }

    @Override
    public void signal() {
      lock.requireHeld();
      if (!waiters.isEmpty()) {
        waiters.remove(0)[0] = true;
      }
    }

    @Override
    public void signalAll() {
      lock.requireHeld();
      waiters.forEach(waiter -> waiter[0] = true);
      waiters.clear();
    }
  }
}
