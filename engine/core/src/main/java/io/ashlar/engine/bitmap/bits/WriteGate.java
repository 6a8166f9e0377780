package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;

/** The state of a node's write gate, and the attempt to arm that its writers share. */
final class WriteGate {
  private final Armer armer;
  private final WaitLock lock;
  private final WaitCondition changed;

  /** Written under the lock; writers read it inside the counted part. */
  private volatile GateState state;

  private Attempt attempt;
  private BlockException failure;

  /** One call of the armer and its result; under the lock. */
  private static final class Attempt {
    boolean done;
    BlockException error;
  }

  WriteGate(GateState initial, Armer armer, Waits waits) {
    state = initial;
    this.armer = armer;
    lock = waits.newLock();
    changed = lock.newCondition();
  }

  boolean armed() {
    return state == GateState.ARMED;
  }

  GateState state() {
    return state;
  }

  /**
   * Returns when the gate was seen armed; arms it or waits for the one who does. The caller is in
   * no counter.
   */
  void passOrArm() {
    Attempt mine;
    lock.lock();
    try {
      while (state == GateState.SEALING) {
        changed.await();
      }
      switch (state) {
        case ARMED -> {
          return;
        }
        case FAILED -> throw copyOf(failure);
        case ARMING -> {
          awaitAttempt(attempt);
          return;
        }
        case SEALED -> {
          mine = new Attempt();
          attempt = mine;
          state = GateState.ARMING;
        }
        case SEALING -> throw new IllegalStateException("sealing ended and did not end");
        default -> throw new IllegalStateException("gate state " + state);
      }
    } finally {
      lock.unlock();
    }
    arm(mine);
  }

  /** ARMED or SEALED to SEALING, waiting for the end of an attempt to arm. Returns what it was. */
  GateState beginSealing() {
    lock.lock();
    try {
      while (state == GateState.ARMING || state == GateState.SEALING) {
        changed.await();
      }
      if (state == GateState.FAILED) {
        throw copyOf(failure);
      }
      GateState before = state;
      state = GateState.SEALING;
      return before;
    } finally {
      lock.unlock();
    }
  }

  /** SEALING to another state, unless the gate has failed meanwhile. */
  void endSealing(GateState next) {
    moveFrom(GateState.SEALING, next);
  }

  void fail(BlockException reason) {
    lock.lock();
    try {
      failure = reason;
      state = GateState.FAILED;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void arm(Attempt mine) {
    BlockException error = null;
    try {
      armer.arm();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      error = asBlockException(e);
      throw error;
    } catch (Error e) {
      error = asBlockException(e);
      throw e;
    } finally {
      lock.lock();
      try {
        mine.done = true;
        mine.error = error;
        moveFrom(GateState.ARMING, error == null ? GateState.ARMED : GateState.SEALED);
      } finally {
        lock.unlock();
      }
    }
  }

  private void awaitAttempt(Attempt shared) {
    while (!shared.done) {
      changed.await();
    }
    if (shared.error != null) {
      throw copyOf(shared.error);
    }
  }

  /** A guest gets the engine's one exception, whatever the driver threw. */
  private static BlockException asBlockException(Throwable cause) {
    return cause instanceof BlockException known
        ? known
        : new BlockException(
            ErrorCode.DRIVER_FAILED,
            "arming bitmaps failed with " + cause + "; this is a defect of the driver",
            cause);
  }

  private void moveFrom(GateState from, GateState to) {
    lock.lock();
    try {
      if (state == from) {
        state = to;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Each thread gets an exception with its own stack. */
  private static BlockException copyOf(BlockException e) {
    return new BlockException(e.code(), e.getMessage(), e);
  }
}
