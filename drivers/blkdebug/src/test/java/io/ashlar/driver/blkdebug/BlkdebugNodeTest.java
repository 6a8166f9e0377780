package io.ashlar.driver.blkdebug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Operation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import io.ashlar.spi.contract.VirtualTime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules, delays and reopen. */
final class BlkdebugNodeTest {
  private static final long SECOND = 1_000_000_000L;

  private final VirtualTime time = new VirtualTime(3);
  private final MemoryNode memory = MemoryNode.fixed(1 << 20);
  private final TestHost host = TestHost.create().waits(time).clock(time).child("image", memory);

  private BlockNode open(Object... errors) {
    host.nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true));
    return host.open(new BlkdebugDriver(), Map.of("inject-error", List.of(errors)));
  }

  private static void request(BlockNode node, String iotype, long offset, int length) {
    switch (iotype) {
      case "read" -> node.read(offset, ByteBuffer.allocate(length), IoFlags.NONE);
      case "write" -> node.write(offset, ByteBuffer.allocate(length), IoFlags.NONE);
      case "write-zeroes" -> node.writeZeroes(offset, length, IoFlags.NONE);
      case "discard" -> node.discard(offset, length, IoFlags.NONE);
      case "flush" -> node.flush();
      case "block-status" -> node.status(offset, length);
      default -> throw new IllegalArgumentException(iotype);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "read, READ",
    "write, WRITE",
    "write-zeroes, WRITE_ZEROES",
    "discard, DISCARD",
    "flush, FLUSH",
    "block-status, STATUS"
  })
  void aRuleHitsItsKindAloneAndNothingHappensBelow(String iotype, Operation operation) {
    BlockNode node = open(Map.of("iotype", iotype, "errno", "5"));
    for (IoType other : IoType.values()) {
      if (other.word().equals(iotype)) {
        assertCode(ErrorCode.IO_ERROR, () -> request(node, iotype, 0, 512));
      } else {
        request(node, other.word(), 0, 512);
      }
    }
    assertThat(memory.log().count(operation)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "28, NO_SPACE",
    "ENOSPC, NO_SPACE",
    "enospc, NO_SPACE",
    "EIO, IO_ERROR",
    "5, IO_ERROR",
    "EACCES, IO_ERROR",
    "ENOTSUP, NOT_SUPPORTED"
  })
  void numbersAndNamesBecomeCodes(String errno, ErrorCode code) {
    BlockNode node = open(Map.of("iotype", "write", "errno", errno));
    assertCode(code, () -> request(node, "write", 0, 1));
  }

  @Test
  void withoutErrnoAndKindEveryRequestFailsWithAnIoError() {
    BlockNode node = open(Map.of());
    for (IoType type : IoType.values()) {
      assertCode(ErrorCode.IO_ERROR, () -> request(node, type.word(), 0, 512));
    }
  }

  @Test
  void aRangeIsTouchedByItsFirstAndLastByteAndNoOther() {
    BlockNode node =
        open(
            Map.of("iotype", "write", "offset", 1000L, "length", 10L),
            Map.of("iotype", "read", "sector", 4L));
    request(node, "write", 0, 1000);
    request(node, "write", 1010, 1000);
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "write", 0, 1001));
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "write", 1009, 1));
    request(node, "read", 0, 2048);
    request(node, "read", 2560, 512);
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "read", 2559, 1));
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "read", 0, 2049));
  }

  @Test
  void skipAndOnceCountMatchingRequestsOnly() {
    BlockNode node =
        open(
            Map.of("iotype", "write", "offset", 4096L, "skip", 2L, "once", true),
            Map.of("iotype", "read", "skip", 1L, "errno", "ENOSPC"));
    List<Integer> failed = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      request(node, "write", 0, 512); // below the rule's range: not counted
      try {
        request(node, "write", 8192, 512);
      } catch (BlockException e) {
        failed.add(i);
      }
    }
    assertThat(failed).containsExactly(2);
    request(node, "read", 0, 1);
    assertCode(ErrorCode.NO_SPACE, () -> request(node, "read", 0, 1));
    assertCode(ErrorCode.NO_SPACE, () -> request(node, "read", 0, 1));
  }

  @Test
  void theFirstRuleThatFiresDecidesAndAllCount() {
    BlockNode node =
        open(
            Map.of("iotype", "write", "errno", "ENOSPC", "once", true),
            Map.of("iotype", "write", "errno", "EIO", "skip", 1L, "once", true),
            Map.of("iotype", "write", "errno", "ENOTSUP", "once", true));
    assertCode(ErrorCode.NO_SPACE, () -> request(node, "write", 0, 1));
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "write", 0, 1));
    request(node, "write", 0, 1);
  }

  @Test
  void contradictionsAreRefused() {
    assertCode(ErrorCode.INVALID_OPTION, () -> open(Map.of("sector", 1L, "offset", 512L)));
    assertCode(ErrorCode.INVALID_OPTION, () -> open(Map.of("iotype", "flush", "sector", 1L)));
    assertCode(ErrorCode.INVALID_OPTION, () -> open(Map.of("errno", "EWHAT")));
    assertCode(ErrorCode.INVALID_OPTION, () -> open(Map.of("errno", "0")));
    assertCode(ErrorCode.INVALID_OPTION, () -> open(Map.of("iotype", "truncate")));
  }

  @Test
  void delaysAddUpAndEndEarlyWhenDrained() {
    BlockNode node = openWithDelays();
    request(node, "write", 0, 512);
    assertThat(time.nanoTime()).isEqualTo(5 * SECOND);
    request(node, "read", 0, 512);
    assertThat(time.nanoTime()).isEqualTo(7 * SECOND);
    Waits.WaitThread caller = time.start("caller", () -> request(node, "write", 0, 512));
    time.sleep(SECOND);
    assertThat(memory.log().count(Operation.WRITE)).isEqualTo(1);
    node.drainBegin();
    assertThat(caller.join(1)).isTrue();
    assertThat(memory.log().count(Operation.WRITE)).isEqualTo(2);
    assertThat(time.nanoTime()).isEqualTo(8 * SECOND);
    request(node, "write", 0, 512);
    assertThat(time.nanoTime()).as("drained: no delay").isEqualTo(8 * SECOND);
    node.drainEnd();
    request(node, "write", 0, 512);
    assertThat(time.nanoTime()).isEqualTo(13 * SECOND);
  }

  @Test
  void cancelEndsADelayWithAnError() {
    BlockNode node = openWithDelays();
    List<ErrorCode> codes = new ArrayList<>();
    Waits.WaitThread caller =
        time.start(
            "caller",
            () -> {
              try {
                request(node, "write", 0, 512);
              } catch (BlockException e) {
                codes.add(e.code());
              }
            });
    time.sleep(SECOND);
    node.cancelInFlight();
    assertThat(caller.join(1)).isTrue();
    assertThat(codes).containsExactly(ErrorCode.CANCELLED);
    assertThat(memory.log().count(Operation.WRITE)).isZero();
  }

  private BlockNode openWithDelays() {
    return host.open(
        new BlkdebugDriver(),
        Map.of(
            "delay",
            List.of(
                Map.of("iotype", "write", "delay-ns", 3 * SECOND),
                Map.of("delay-ns", 2 * SECOND))));
  }

  @Test
  void aReopenChangesRulesAndKeepsCountersOfUnchangedOnes() {
    Map<String, ?> rules = Map.of("inject-error", List.of(Map.of("iotype", "write", "skip", 2L)));
    BlockNode node = host.open(new BlkdebugDriver(), rules);
    request(node, "write", 0, 1);
    TestReopen same = host.reopen(new BlkdebugDriver(), node).options(rules);
    ReopenStep step = same.prepare(ReopenPass.UP);
    request(step.staged(), "write", 0, 1);
    assertCode(ErrorCode.IO_ERROR, () -> request(step.staged(), "write", 0, 1));
    same.commit();
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "write", 0, 1));

    TestReopen none = host.reopen(new BlkdebugDriver(), node).options(Map.of());
    none.prepare(ReopenPass.UP);
    assertCode(ErrorCode.IO_ERROR, () -> request(node, "write", 0, 1));
    none.commit();
    request(node, "write", 0, 1);
  }

  @Test
  void whatItDoesNotUnderstandIsRefused() {
    BlockNode node = open();
    assertThat(node.traits().operations())
        .as("never more than the node below offers")
        .isEqualTo(memory.traits().operations())
        .doesNotContain(Operation.WRITE_COMPRESSED);
    int unknown = 1 << 12;
    ByteBuffer buffer = ByteBuffer.allocate(512);
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.read(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.write(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.writeZeroes(0, 512, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.discard(0, 512, unknown));
    assertThat(memory.log().changes() + memory.log().count(Operation.READ)).isZero();
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BlockException.class))
        .extracting(BlockException::code)
        .isEqualTo(code);
  }
}
