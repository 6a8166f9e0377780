package io.ashlar.spi;

/**
 * Everything a thread may wait for. Engine and drivers block through nothing else, so that a test
 * can decide who runs next. An interrupt ends no wait here; it stays pending for the caller.
 */
public interface Waits {
  /** A lock that its holder may take again. */
  WaitLock newLock();

  /** Waits that long. */
  void sleep(long nanos);

  /** Starts a daemon thread. */
  WaitThread start(String name, Runnable body);

  /** A lock. */
  interface WaitLock {
    /** Takes the lock. */
    void lock();

    /** Takes the lock if it is free. */
    boolean tryLock();

    /** Gives it back. */
    void unlock();

    /** Whether the calling thread holds it. */
    boolean isHeldByCurrentThread();

    /** A condition of this lock. */
    WaitCondition newCondition();
  }

  /** A condition; every call needs its lock. */
  interface WaitCondition {
    /** Waits for a signal; may wake without one. */
    void await();

    /**
     * Waits for a signal, at most that long.
     *
     * @return the nanoseconds that were left; 0 or less when time was up
     */
    long awaitNanos(long nanos);

    /** Wakes one. */
    void signal();

    /** Wakes all. */
    void signalAll();
  }

  /** A started thread. */
  interface WaitThread {
    /** Waits for its end. */
    boolean join(long nanos);
  }
}
