package io.ashlar.engine.sim;

import io.ashlar.spi.Waits;
import java.util.ArrayList;
import java.util.List;

/** The waits of a simulated engine. One thread runs at a time, so plain fields are enough. */
final class SimWaits implements Waits {
  private final Sim sim;

  SimWaits(Sim sim) {
    this.sim = sim;
  }

  @Override
  public WaitLock newLock() {
    return new Lock();
  }

  @Override
  public void sleep(long nanos) {
    long end = after(nanos);
    sim.block(() -> sim.nanoTime() >= end, end, "sleep");
  }

  @Override
  public WaitThread start(String name, Runnable body) {
    boolean[] done = new boolean[1];
    sim.execute(
        name,
        () -> {
          try {
            body.run();
          } finally {
            done[0] = true;
          }
        });
    return nanos -> {
      long end = after(nanos);
      sim.block(() -> done[0] || sim.nanoTime() >= end, end, "the end of " + name);
      return done[0];
    };
  }

  private long after(long nanos) {
    return nanos > Sim.NEVER - sim.nanoTime() ? Sim.NEVER : sim.nanoTime() + nanos;
  }

  private final class Lock implements WaitLock {
    private Thread owner;
    private int holds;

    @Override
    public void lock() {
      if (owner != Thread.currentThread()) {
        if (owner != null) {
          sim.block(() -> owner == null, Sim.NEVER, "a lock");
        }
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
      return new Condition(this);
    }

    private void requireHeld() {
      if (owner != Thread.currentThread()) {
        throw new IllegalMonitorStateException("the lock is not held by this thread");
      }
    }
  }

  private final class Condition implements WaitCondition {
    private final Lock lock;
    private final List<boolean[]> waiters = new ArrayList<>();

    Condition(Lock lock) {
      this.lock = lock;
    }

    @Override
    public void await() {
      await(Sim.NEVER);
    }

    @Override
    public long awaitNanos(long nanos) {
      long end = after(nanos);
      await(end);
      return end - sim.nanoTime();
    }

    private void await(long end) {
      lock.requireHeld();
      boolean[] woken = new boolean[1];
      waiters.add(woken);
      int holds = lock.holds;
      lock.holds = 0;
      lock.owner = null;
      try {
        sim.block(
            () -> (woken[0] || sim.nanoTime() >= end) && lock.owner == null, end, "a condition");
      } finally {
        waiters.removeIf(waiter -> waiter == woken);
        lock.owner = Thread.currentThread();
        lock.holds = holds;
      }
    }

    @Override
    public void signal() {
      lock.requireHeld();
      if (!waiters.isEmpty()) {
        waiters.remove(sim.random().nextInt(waiters.size()))[0] = true;
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
