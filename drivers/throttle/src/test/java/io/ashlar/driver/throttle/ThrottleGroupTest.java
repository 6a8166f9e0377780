package io.ashlar.driver.throttle;

import static io.ashlar.driver.throttle.Traffic.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.contract.TestReopen;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options, groups and reopen. */
final class ThrottleGroupTest {
  private static final Map<String, Long> SLOW = Map.of("limits.bps-total", 1000L);

  @Test
  void theFirstDefinitionCountsAndOthersRepeatOrOmitIt() {
    Traffic traffic = new Traffic();
    BlockNode early = traffic.node("g", Map.of());
    traffic.node("g", SLOW);
    traffic.node("g", SLOW);
    BlockNode late = traffic.node("g", Map.of());
    assertThat(early.details())
        .containsEntry("throttle-group", "g")
        .containsEntry("limits.bps-total", 1000L);
    assertThat(late.details()).isEqualTo(early.details());
    assertRefused(() -> traffic.node("g", Map.of("limits.bps-total", 1001L)), "'g' has other");
    assertRefused(
        () -> traffic.node("g", Map.of("limits.bps-total", 1000L, "limits.iops-read", 1L)), "1000");
    traffic.node("h", Map.of("limits.bps-total", 1001L));
  }

  @ParameterizedTest
  @CsvSource({
    "limits.bps-total-max, 100, limits.bps-total",
    "limits.bps-read-max-length, 5, limits.bps-read-max",
    "limits.iops-size, 4096, limits of operations",
  })
  void limitsThatNeedOthersAreRefusedAlone(String option, long value, String named) {
    Traffic traffic = new Traffic();
    assertRefused(
        () -> traffic.node("g", Map.of(option, value)), named.replace("limits of", "limit of"));
  }

  @Test
  void aBurstBelowTheAverageIsRefused() {
    Traffic traffic = new Traffic();
    assertRefused(
        () -> traffic.node("g", Map.of("limits.iops-read", 100L, "limits.iops-read-max", 99L)),
        "lower");
    assertRefused(() -> traffic.node("g", Map.of("limits.bps-total", -1L)), "bps-total");
    assertRefused(
        () ->
            traffic.node(
                "g",
                Map.of(
                    "limits.bps-read", 1000L,
                    "limits.bps-read-max", 2000L,
                    "limits.bps-read-max-length", 1_000_000_000_000_000L)),
        "burst");
  }

  @Test
  void aReopenChangesLimitsForTheWholeGroupAtItsCommit() {
    Traffic traffic = new Traffic();
    BlockNode changed = traffic.node("g", SLOW);
    BlockNode sleeping = traffic.node("g", Map.of());
    AtomicLong end = new AtomicLong(-1);
    sleeping.read(0, ByteBuffer.allocate(100_000), IoFlags.NONE);
    traffic.start(
        () -> {
          sleeping.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
          end.set(traffic.time.nanoTime());
        });
    traffic.time.sleep(SECOND);

    TestReopen aborted = reopen(traffic, changed, Map.of("limits.bps-total", 0L));
    aborted.prepare(ReopenPass.UP);
    aborted.abort();
    traffic.time.sleep(SECOND);
    assertThat(end.get()).isEqualTo(-1);
    assertThat(sleeping.details()).containsEntry("limits.bps-total", 1000L);

    TestReopen committed = reopen(traffic, changed, Map.of("limits.bps-total", 1_000_000L));
    committed.prepare(ReopenPass.UP);
    traffic.time.sleep(SECOND);
    assertThat(end.get()).as("nothing happens before the commit").isEqualTo(-1);
    committed.commit();
    traffic.join();
    assertThat(end.get()).isEqualTo(3 * SECOND);
    assertThat(sleeping.details()).containsEntry("limits.bps-total", 1_000_000L);
  }

  @Test
  void oneReopenCannotAskForTwoKindsOfLimits() {
    Traffic traffic = new Traffic();
    BlockNode a = traffic.node("g", SLOW);
    BlockNode b = traffic.node("g", SLOW);
    TestReopen first = reopen(traffic, a, Map.of("limits.bps-total", 5L));
    first.prepare(ReopenPass.UP);
    TestReopen second = reopen(traffic, b, Map.of("limits.bps-total", 6L));
    assertRefused(() -> second.prepare(ReopenPass.UP), "one reopen");
    TestReopen same = reopen(traffic, b, Map.of("limits.bps-total", 5L));
    same.prepare(ReopenPass.UP);
    first.commit();
    same.commit();
    assertThat(b.details()).containsEntry("limits.bps-total", 5L);
    TestReopen later = reopen(traffic, b, Map.of("limits.bps-total", 6L));
    later.prepare(ReopenPass.UP);
    later.commit();
    assertThat(a.details()).containsEntry("limits.bps-total", 6L);
  }

  @Test
  void aReopenMovesANodeToAnotherGroupWithItsDrain() {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", SLOW);
    traffic.node("h", Map.of("limits.iops-total", 1L));
    node.drainBegin();
    TestReopen move =
        traffic.host.reopen(new ThrottleDriver(), node).options(Map.of("throttle-group", "h"));
    move.prepare(ReopenPass.UP);
    move.commit();
    for (int i = 0; i < 10; i++) {
      node.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
    }
    assertThat(traffic.time.nanoTime()).as("still drained").isZero();
    node.drainEnd();
    node.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
    assertThat(traffic.time.nanoTime()).isGreaterThan(9 * SECOND);
    assertThat(node.details()).containsEntry("throttle-group", "h");
  }

  @Test
  void whatItDoesNotUnderstandIsRefusedAndNotCounted() {
    Traffic traffic = new Traffic();
    BlockNode node = traffic.node("g", SLOW);
    assertThat(node.traits().operations())
        .as("never more than the node below offers")
        .isEqualTo(traffic.memory.traits().operations())
        .doesNotContain(Operation.WRITE_COMPRESSED);
    ByteBuffer buffer = ByteBuffer.allocate(100_000);
    int unknown = 1 << 12;
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.read(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.write(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.writeZeroes(0, 100_000, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.discard(0, 100_000, unknown));
    assertThat(traffic.memory.log().changes()).isZero();
    node.read(0, ByteBuffer.allocate(50), IoFlags.NONE);
    assertThat(traffic.time.nanoTime()).isZero();
  }

  private static TestReopen reopen(Traffic traffic, BlockNode node, Map<String, Long> limits) {
    Map<String, Object> options = new HashMap<>(limits);
    options.put("throttle-group", "g");
    return traffic.host.reopen(new ThrottleDriver(), node).options(options);
  }

  private static void assertRefused(ThrowingCallable call, String part) {
    assertCode(ErrorCode.INVALID_OPTION, call);
    assertThatThrownBy(call).hasMessageContaining(part);
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BlockException.class))
        .extracting(BlockException::code)
        .isEqualTo(code);
  }
}
