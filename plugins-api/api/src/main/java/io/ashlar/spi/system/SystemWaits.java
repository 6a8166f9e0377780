package io.ashlar.spi.system;

import io.ashlar.spi.Waits;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The JDK's locks and threads. The one place, beside the engine's pools, where production code may
 * name them.
 */
public final class SystemWaits implements Waits {
  /** The one instance. */
  public static final SystemWaits INSTANCE = new SystemWaits();

  private SystemWaits() {}

  @Override
  public WaitLock newLock() {
    return new JdkLock();
  }

  @Override
  public void sleep(long nanos) {
    long end = System.nanoTime() + nanos;
    boolean interrupted = false;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public WaitThread start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
    return nanos -> join(thread, nanos);
  }

  private static boolean join(Thread thread, long nanos) {
    long end = System.nanoTime() + nanos;
    boolean interrupted = false;
    for (long left = nanos; thread.isAlive() && left > 0; left = end - System.nanoTime()) {
      try {
        TimeUnit.NANOSECONDS.timedJoin(thread, left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  private static final class JdkLock implements WaitLock {
    private final ReentrantLock lock = new ReentrantLock();

    @Override
    public void lock() {
      lock.lock();
    }

    @Override
    public boolean tryLock() {
      return lock.tryLock();
    }

    @Override
    public void unlock() {
      lock.unlock();
    }

    @Override
    public boolean isHeldByCurrentThread() {
      return lock.isHeldByCurrentThread();
    }

    @Override
    public WaitCondition newCondition() {
      return new JdkCondition(lock.newCondition());
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the caller loops: an await may end without a signal
  private record JdkCondition(Condition condition) implements WaitCondition {
    @Override
    public void await() {
      condition.awaitUninterruptibly();
    }

    @Override
    public long awaitNanos(long nanos) {
      long end = System.nanoTime() + nanos;
      boolean interrupted = false;
      long left = nanos;
      boolean waiting = true;
      while (waiting) {
        try {
          left = condition.awaitNanos(left);
          waiting = false;
        } catch (InterruptedException e) {
          interrupted = true;
          left = end - System.nanoTime();
          waiting = left > 0;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return left;
    }

    @Override
    public void signal() {
      condition.signal();
    }

    @Override
    public void signalAll() {
      condition.signalAll();
    }
  }
}
