package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.Waits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class VirtualTimeTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  @Test
  void timeJumpsToTheNextSleeperAndNoFurther() {
    VirtualTime time = new VirtualTime(1);
    List<String> order = new ArrayList<>();
    List<Waits.WaitThread> threads = new ArrayList<>();
    for (int i = 3; i >= 1; i--) {
      int hours = i;
      threads.add(
          time.start(
              "sleeper " + i,
              () -> {
                time.sleep(hours * HOUR);
                order.add(hours + " at " + time.nanoTime() / HOUR);
              }));
    }
    threads.forEach(thread -> assertThat(thread.join(100 * HOUR)).isTrue());
    assertThat(order).containsExactly("1 at 1", "2 at 2", "3 at 3");
    assertThat(time.nanoTime()).isEqualTo(3 * HOUR);
  }

  @Test
  void locksExcludeAndConditionsWake() {
    VirtualTime time = new VirtualTime(2);
    Waits.WaitLock lock = time.newLock();
    Waits.WaitCondition changed = lock.newCondition();
    int[] value = new int[1];
    Waits.WaitThread thread =
        time.start(
            "waiter",
            () -> {
              lock.lock();
              try {
                while (value[0] == 0) {
                  changed.await();
                }
                value[0] = 2;
              } finally {
                lock.unlock();
              }
            });
    assertThat(thread.join(HOUR)).as("waits as long as nobody signals").isFalse();
    lock.lock();
    value[0] = 1;
    changed.signal();
    time.pause();
    assertThat(value[0]).as("the lock is still held here").isEqualTo(1);
    lock.unlock();
    assertThat(thread.join(HOUR)).isTrue();
    assertThat(value[0]).isEqualTo(2);
    lock.lock();
    assertThat(changed.awaitNanos(HOUR)).isLessThanOrEqualTo(0);
    lock.unlock();
  }

  @Test
  void theSeedDecidesTheOrder() {
    Set<String> orders = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      assertThat(orderOf(seed)).isEqualTo(orderOf(seed));
      orders.add(orderOf(seed));
    }
    assertThat(orders).hasSizeGreaterThan(3);
  }

  private static String orderOf(long seed) {
    VirtualTime time = new VirtualTime(seed);
    StringBuilder order = new StringBuilder();
    List<Waits.WaitThread> threads = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      threads.add(time.start(name, () -> order.append(name)));
    }
    threads.forEach(thread -> thread.join(HOUR));
    return order.toString();
  }

  @Test
  void waitingForEverIsFound() {
    VirtualTime time = new VirtualTime(4);
    Waits.WaitLock lock = time.newLock();
    lock.lock();
    assertThatThrownBy(() -> lock.newCondition().await())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("for ever");
  }
}
