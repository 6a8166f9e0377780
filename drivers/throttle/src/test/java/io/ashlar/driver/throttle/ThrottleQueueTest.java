package io.ashlar.driver.throttle;

import static io.ashlar.driver.throttle.Traffic.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who goes when several wait, and what ends a wait. */
final class ThrottleQueueTest {
  private static final Map<String, Long> ONE_PER_SECOND = Map.of("limits.iops-total", 1L);

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void aNodeServesInOrderOfArrival(long seed) {
    Traffic traffic = new Traffic(seed);
    BlockNode node = traffic.node("g", ONE_PER_SECOND);
    List<Integer> served = Collections.synchronizedList(new ArrayList<>());
    List<Integer> arrived = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int caller = i;
      arrived.add(caller);
      traffic.start(
          () -> {
            if (caller % 2 == 0) {
              node.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
            } else {
              node.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
            }
            served.add(caller);
          });
      traffic.time.sleep(SECOND / 100); // virtual: lets the caller arrive
    }
    traffic.join();
    assertThat(served).isEqualTo(arrived);
  }

  @Test
  void nodesOfAGroupTakeTurns() {
    Traffic traffic = new Traffic();
    BlockNode crowded = traffic.node("g", Map.of("limits.iops-total", 100L));
    BlockNode quiet = traffic.node("g", Map.of());
    List<AtomicLong> crowd = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      crowd.add(traffic.reader(crowded, 512, 10));
    }
    AtomicLong alone = traffic.reader(quiet, 512, 10);
    AtomicLong twin = traffic.reader(quiet, 512, 10);
    traffic.join();
    long many = crowd.stream().mapToLong(AtomicLong::get).sum() / 512;
    long few = (alone.get() + twin.get()) / 512;
    assertThat(many + few).isBetween(1000L, 1040L);
    assertThat(few).as("half of the turns, with 2 callers of 11").isBetween(480L, 540L);
    long least = crowd.stream().mapToLong(AtomicLong::get).min().orElseThrow() / 512;
    assertThat(least).as("nobody starves").isGreaterThan(40);
  }

  @Test
  void drainLetsAllWaitersGoAtOnceAndNobodyWaitsUntilItsEnd() {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", ONE_PER_SECOND);
    AtomicLong through = new AtomicLong();
    for (int i = 0; i < 20; i++) {
      traffic.start(
          () -> {
            node.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
            through.incrementAndGet();
          });
    }
    traffic.time.sleep(SECOND / 2);
    assertThat(through.get()).isLessThan(4);
    node.drainBegin();
    traffic.join();
    assertThat(through.get()).isEqualTo(20);
    node.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
    assertThat(traffic.time.nanoTime()).isEqualTo(SECOND / 2);
    node.drainEnd();
    node.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
    assertThat(traffic.time.nanoTime()).as("limits hold again").isGreaterThan(2 * SECOND);
  }

  @Test
  void drainOfOneNodeLeavesTheOthersOfItsGroupWaiting() {
    Traffic traffic = new Traffic();
    BlockNode drained = traffic.node("g", ONE_PER_SECOND);
    BlockNode waiting = traffic.node("g", Map.of());
    drained.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
    AtomicLong end = new AtomicLong(-1);
    traffic.start(() -> drained.read(0, ByteBuffer.allocate(512), IoFlags.NONE));
    traffic.time.sleep(1);
    traffic.start(
        () -> {
          waiting.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
          end.set(traffic.time.nanoTime());
        });
    traffic.time.sleep(1);
    drained.drainBegin();
    traffic.join();
    drained.drainEnd();
    assertThat(end.get()).isGreaterThan(SECOND);
  }

  @Test
  void cancelEndsWaitsWithAnError() {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", ONE_PER_SECOND);
    node.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
    List<ErrorCode> codes = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 5; i++) {
      traffic.start(
          () -> {
            try {
              node.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
            } catch (BlockException e) {
              codes.add(e.code());
            }
          });
    }
    traffic.time.sleep(SECOND / 10);
    long writes = traffic.memory.log().count(Operation.WRITE);
    node.cancelInFlight();
    traffic.join();
    assertThat(codes).hasSize(5).containsOnly(ErrorCode.CANCELLED);
    assertThat(traffic.memory.log().count(Operation.WRITE)).isEqualTo(writes);
    assertThat(traffic.time.nanoTime()).isEqualTo(SECOND / 10);
  }
}
