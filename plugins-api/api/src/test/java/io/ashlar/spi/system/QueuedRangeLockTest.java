package io.ashlar.spi.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.RangeLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class QueuedRangeLockTest {
  private final RangeLock lock = new QueuedRangeLock(SystemWaits.INSTANCE, 512);
  private final ConcurrentLinkedQueue<String> order = new ConcurrentLinkedQueue<>();

  private Thread waiting(String name, boolean exclusive, long offset, long length)
      throws InterruptedException {
    Thread thread =
        new Thread(
            () -> {
              try (RangeLock.Held held =
                  exclusive ? lock.exclusive(offset, length) : lock.shared(offset, length)) {
                assertThat(held).isNotNull();
                order.add(name);
              }
            });
    thread.start();
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TERMINATED) {
      Thread.onSpinWait();
    }
    return thread;
  }

  private static void end(Thread thread) throws InterruptedException {
    thread.join(TimeUnit.SECONDS.toMillis(20));
    assertThat(thread.isAlive()).isFalse();
  }

  @Test
  void servesInOrderOfArrival() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    try (RangeLock.Held held = lock.shared(0, 4096)) {
      assertThat(held).isNotNull();
      threads.add(waiting("writer", true, 1000, 10));
      threads.add(waiting("late reader", false, 1023, 1));
      threads.add(waiting("reader elsewhere", false, 1024, 10));
      assertThat(threads.get(1).isAlive()).as("does not overtake the writer").isTrue();
      end(threads.get(2));
      assertThat(order).containsExactly("reader elsewhere");
    }
    end(threads.get(0));
    end(threads.get(1));
    assertThat(order).containsExactly("reader elsewhere", "writer", "late reader");
  }

  @Test
  void rangesAreWidenedToTheGranule() throws InterruptedException {
    Thread same;
    try (RangeLock.Held held = lock.exclusive(100, 1)) {
      assertThat(held).isNotNull();
      end(waiting("next granule", true, 512, 1));
      same = waiting("same granule", false, 511, 1);
      assertThat(order).containsExactly("next granule");
    }
    end(same);
    assertThatThrownBy(() -> new QueuedRangeLock(SystemWaits.INSTANCE, 500))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void holdersNestAndCannotWiden() throws InterruptedException {
    Thread other;
    try (RangeLock.Held outer = lock.exclusive(0, 4096)) {
      assertThat(outer).isNotNull();
      other = waiting("other", false, 0, 1);
      try (RangeLock.Held inner = lock.exclusive(512, 100);
          RangeLock.Held reader = lock.shared(0, 4096)) {
        assertThat(List.of(inner, reader)).doesNotContainNull();
      }
      assertThat(other.isAlive()).as("leaving the inner ones frees nothing").isTrue();
      assertThatThrownBy(() -> lock.exclusive(4000, 200)).isInstanceOf(IllegalStateException.class);
    }
    end(other);
    try (RangeLock.Held shared = lock.shared(0, 512)) {
      assertThat(shared).isNotNull();
      assertThatThrownBy(() -> lock.exclusive(0, 1)).isInstanceOf(IllegalStateException.class);
    }
    try (RangeLock.Held again = lock.exclusive(0, 8192)) {
      assertThat(again).isNotNull();
    }
  }

  @Test
  void writersAreAloneAmongManyThreads() throws InterruptedException {
    AtomicInteger[] readers = new AtomicInteger[16];
    AtomicInteger[] writers = new AtomicInteger[16];
    for (int i = 0; i < 16; i++) {
      readers[i] = new AtomicInteger();
      writers[i] = new AtomicInteger();
    }
    AtomicBoolean broken = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 6; t++) {
      Random random = new Random(40 + t);
      Thread thread = new Thread(() -> takeTurns(random, readers, writers, broken));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      end(thread);
    }
    assertThat(broken).isFalse();
  }

  private void takeTurns(
      Random random, AtomicInteger[] readers, AtomicInteger[] writers, AtomicBoolean broken) {
    for (int turn = 0; turn < 1500; turn++) {
      int first = random.nextInt(16);
      int last = Math.min(15, first + random.nextInt(4));
      boolean exclusive = random.nextBoolean();
      long length = (last - first + 1) * 512L;
      try (RangeLock.Held held =
          exclusive ? lock.exclusive(first * 512L, length) : lock.shared(first * 512L, length)) {
        assertThat(held).isNotNull();
        AtomicInteger[] mine = exclusive ? writers : readers;
        for (int i = first; i <= last; i++) {
          mine[i].incrementAndGet();
        }
        Thread.onSpinWait();
        for (int i = first; i <= last; i++) {
          int others = exclusive ? readers[i].get() + writers[i].get() - 1 : writers[i].get();
          if (others != 0) {
            broken.set(true);
          }
        }
        for (int i = first; i <= last; i++) {
          mine[i].decrementAndGet();
        }
      }
    }
  }
}
