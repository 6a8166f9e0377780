package io.ashlar.driver.throttle;

import static io.ashlar.driver.throttle.Traffic.MB;
import static io.ashlar.driver.throttle.Traffic.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much goes through in a given time. */
final class ThrottleRateTest {
  private static final long RATE = 10L * MB;

  @ParameterizedTest(name = "{0}, {1} readers and {2} writers of {3} bytes")
  @CsvSource({
    "limits.bps-total, 1, 0, 65536",
    "limits.bps-total, 3, 3, 65536",
    "limits.bps-total, 2, 2, 3000000",
    "limits.bps-read, 4, 0, 65536",
    "limits.bps-write, 0, 4, 131072"
  })
  void bytesPerSecondAreKept(String limit, int readers, int writers, int size) {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", Map.of(limit, RATE));
    long seconds = 60;
    AtomicLong[] counts = new AtomicLong[readers + writers];
    for (int i = 0; i < counts.length; i++) {
      counts[i] =
          i < readers ? traffic.reader(node, size, seconds) : traffic.writer(node, size, seconds);
    }
    traffic.join();
    assertThat(sum(counts)).isCloseTo(RATE * seconds, withinPercentage(2));
  }

  @Test
  void requestsPerSecondAreKept() {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", Map.of("limits.iops-total", 1000L));
    AtomicLong reads = traffic.reader(node, 512, 10);
    AtomicLong writes = traffic.writer(node, 4096, 10);
    traffic.join();
    assertThat(reads.get() / 512 + writes.get() / 4096).isCloseTo(10_000, withinPercentage(2));
  }

  @Test
  void largeRequestsCountAsSeveralWithIopsSize() {
    Traffic traffic = new Traffic();
    BlockNode node =
        traffic.node("g", Map.of("limits.iops-write", 100L, "limits.iops-size", 4096L));
    AtomicLong writes = traffic.writer(node, 65_536, 64);
    traffic.join();
    assertThat(writes.get() / 65_536).isCloseTo(100 * 64 / 16, withinPercentage(2));
  }

  @Test
  void oneDirectionDoesNotHoldTheOtherUp() {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", Map.of("limits.bps-read", RATE));
    traffic.reader(node, 65_536, 5);
    traffic.reader(node, 65_536, 5);
    traffic.time.sleep(SECOND);
    long before = traffic.time.nanoTime();
    for (int i = 0; i < 100; i++) {
      node.write(0, ByteBuffer.allocate(1 << 20), IoFlags.NONE);
      node.discard(0, 1 << 20, IoFlags.NONE);
      node.flush();
    }
    assertThat(traffic.time.nanoTime()).isEqualTo(before);
    traffic.join();
  }

  @Test
  void totalAndOneDirectionHoldTogether() {
    Traffic traffic = new Traffic();
    BlockNode node =
        traffic.node("g", Map.of("limits.bps-total", RATE, "limits.bps-read", RATE / 5));
    AtomicLong reads = traffic.reader(node, 32_768, 30);
    AtomicLong moreReads = traffic.reader(node, 32_768, 30);
    AtomicLong writes = traffic.writer(node, 32_768, 30);
    AtomicLong moreWrites = traffic.writer(node, 32_768, 30);
    traffic.join();
    assertThat(sum(reads, moreReads)).isCloseTo(RATE / 5 * 30, withinPercentage(2));
    assertThat(sum(reads, moreReads, writes, moreWrites)).isCloseTo(RATE * 30, withinPercentage(2));
  }

  @Test
  void aBurstLastsItsTimeAndThenTheAverageHolds() {
    Map<String, Long> limits =
        Map.of(
            "limits.bps-total",
            RATE,
            "limits.bps-total-max",
            5 * RATE,
            "limits.bps-total-max-length",
            2L);
    Traffic early = new Traffic();
    AtomicLong first = early.reader(early.node("g", limits), 65_536, 1);
    early.join();
    // At the burst's rate, and a tenth of a second of it at once.
    assertThat(first.get()).isCloseTo(5 * RATE + RATE / 2, withinPercentage(2));

    Traffic late = new Traffic();
    AtomicLong all = late.reader(late.node("g", limits), 65_536, 60);
    late.join();
    // 5 * RATE for 2 seconds fill the bucket, which leaks at RATE all the while.
    assertThat(all.get()).isCloseTo(10 * RATE + 60 * RATE, withinPercentage(2));
  }

  @Test
  void aGroupHasOneBudgetForAllItsNodes() {
    Traffic traffic = new Traffic();
    BlockNode a = traffic.node("g", Map.of("limits.bps-total", RATE));
    BlockNode b = traffic.node("g", Map.of());
    BlockNode other = traffic.node("h", Map.of("limits.bps-total", 3 * RATE));
    AtomicLong one = traffic.reader(a, 65_536, 30);
    AtomicLong two = traffic.reader(b, 65_536, 30);
    AtomicLong three = traffic.reader(other, 65_536, 30);
    traffic.join();
    assertThat(sum(one, two)).isCloseTo(RATE * 30, withinPercentage(2));
    assertThat(three.get()).isCloseTo(3 * RATE * 30, withinPercentage(2));
  }

  private static long sum(AtomicLong... counts) {
    long sum = 0;
    for (AtomicLong count : counts) {
      sum += count.get();
    }
    return sum;
  }
}
