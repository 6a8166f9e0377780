package io.ashlar.spi.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.Waits;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SystemWaitsTest {
  private static final long SHORT = 20_000_000;
  private static final long LONG = 20_000_000_000L;

  private final Waits waits = SystemWaits.INSTANCE;

  @AfterEach
  void clearInterrupt() {
    Thread.interrupted();
  }

  @Test
  void interruptEndsNoSleepAndStaysPending() {
    Thread.currentThread().interrupt();
    long start = System.nanoTime();
    waits.sleep(SHORT);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SHORT);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void interruptEndsNoTimedWaitAndStaysPending() {
    Waits.WaitLock lock = waits.newLock();
    Waits.WaitCondition condition = lock.newCondition();
    lock.lock();
    try {
      Thread.currentThread().interrupt();
      long start = System.nanoTime();
      long left = SHORT;
      int rounds = 0;
      while (left > 0) {
        left = condition.awaitNanos(left);
        rounds++;
      }
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SHORT);
      assertThat(rounds).as("waits, instead of going round").isLessThan(20);
      assertThat(Thread.interrupted()).isTrue();
    } finally {
      lock.unlock();
    }
  }

  @Test
  void interruptEndsNoWaitForASignal() {
    Waits.WaitLock lock = waits.newLock();
    Waits.WaitCondition condition = lock.newCondition();
    AtomicBoolean ready = new AtomicBoolean();
    Thread.currentThread().interrupt();
    lock.lock();
    try {
      waits.start(
          "signaller",
          () -> {
            lock.lock();
            try {
              ready.set(true);
              condition.signalAll();
            } finally {
              lock.unlock();
            }
          });
      while (!ready.get()) {
        condition.await();
      }
    } finally {
      lock.unlock();
    }
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void threadsAreDaemonsThatCanBeJoined() {
    Waits.WaitLock lock = waits.newLock();
    AtomicBoolean daemon = new AtomicBoolean();
    lock.lock();
    Waits.WaitThread thread;
    try {
      thread =
          waits.start(
              "held back",
              () -> {
                lock.lock();
                daemon.set(Thread.currentThread().isDaemon());
                lock.unlock();
              });
      assertThat(thread.join(SHORT)).isFalse();
      assertThat(lock.isHeldByCurrentThread()).isTrue();
      assertThat(lock.tryLock()).as("may be taken again").isTrue();
      lock.unlock();
    } finally {
      lock.unlock();
    }
    Thread.currentThread().interrupt();
    assertThat(thread.join(LONG)).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(daemon).isTrue();
  }
}
