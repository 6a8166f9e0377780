package io.ashlar.driver.raw;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.ServiceLoader;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

final class RawDriverTest {
  private final RawDriver driver = new RawDriver();
  private final MemoryNode file = MemoryNode.of(new byte[10_240]);
  private final TestHost host = TestHost.create().child("file", file);

  @Test
  void isFoundByItsService() {
    assertThat(ServiceLoader.load(BlockDriver.class).stream().map(each -> each.get().name()))
        .contains("raw");
  }

  @Test
  void optionsThatTheFileCannotServeAreRefused() {
    refused(ErrorCode.INVALID_OPTION, "multiple of 512", () -> open(512, 1000));
    refused(ErrorCode.INVALID_OPTION, "pass the end of 'file0'", () -> open(512, 20_480));
    refused(ErrorCode.INVALID_OPTION, "pass the end", () -> open(9728, 1024));
    refused(
        ErrorCode.INVALID_OPTION,
        "past the end of 'file0'",
        () -> host.open(driver, Map.of("offset", 20_480)));
    refused(ErrorCode.INVALID_OPTION, "pass the end", () -> open(512, Long.MAX_VALUE / 512 * 512));
    assertThat(open(9728, 512).length()).isEqualTo(512);
    assertThat(host.open(driver, Map.of("offset", 10_240)).length()).isZero();
  }

  @Test
  void lengthIsExactToTheByte() {
    file.truncate(10_001, Preallocation.OFF);
    BlockNode node = host.open(driver, Map.of("offset", 100));
    assertThat(node.length()).isEqualTo(9901);
    node.write(9901, ByteBuffer.wrap(new byte[] {5}), IoFlags.NONE);
    assertThat(node.length()).isEqualTo(9902);
    assertThat(file.get(10_001, 1)).containsExactly(5);
  }

  @Test
  void windowShiftsEverythingAndNothingLeavesIt() {
    BlockNode node = open(512, 1024);
    node.write(1, ByteBuffer.wrap(new byte[] {1, 2}), IoFlags.FUA);
    assertThat(file.get(512, 4)).containsExactly(0, 1, 2, 0);
    assertThat(node.status(1, 100)).isEqualTo(BlockStatus.data(100, 513));
    file.log().start();
    refused(ErrorCode.NO_SPACE, "outside", () -> node.write(1020, bytes(5), IoFlags.NONE));
    refused(ErrorCode.NO_SPACE, "outside", () -> node.writeZeroes(1024, 1, IoFlags.NONE));
    refused(ErrorCode.INVALID_REQUEST, "outside", () -> node.read(1020, bytes(5), IoFlags.NONE));
    refused(ErrorCode.INVALID_REQUEST, "outside", () -> node.read(-1, bytes(1), IoFlags.NONE));
    refused(ErrorCode.INVALID_REQUEST, "outside", () -> node.status(1024, 1));
    refused(
        ErrorCode.INVALID_REQUEST,
        "outside",
        () -> node.writeZeroes(Long.MAX_VALUE - 5, 5, IoFlags.NONE));
    refused(ErrorCode.NOT_SUPPORTED, "with a size", () -> node.truncate(2048, Preallocation.OFF));
    assertThat(file.log().entries()).isEmpty();
    assertThat(node.traits().growsOnWrite()).isFalse();
  }

  @Test
  void discardAndUnmapPassOnlyWhenAsked() {
    BlockNode ignoring = host.open(driver);
    ignoring.discard(0, 8192, IoFlags.NONE);
    ignoring.writeZeroes(0, 4096, IoFlags.MAY_UNMAP | IoFlags.FUA);
    assertThat(file.log().count(Operation.DISCARD)).isZero();
    host.nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true));
    BlockNode passing = host.open(driver);
    file.log().start();
    passing.discard(0, 8192, IoFlags.NONE);
    passing.writeZeroes(0, 4096, IoFlags.MAY_UNMAP | IoFlags.FUA);
    assertThat(file.log().entries())
        .extracting(entry -> entry.operation() + " " + entry.flags())
        .containsExactly("DISCARD 0", "WRITE_ZEROES " + (IoFlags.MAY_UNMAP | IoFlags.FUA));
  }

  @Test
  void reopenMovesTheWindow() {
    BlockNode node = host.open(driver, Map.of("offset", 512));
    node.write(512, ByteBuffer.wrap(new byte[] {9}), IoFlags.NONE);
    TestReopen change = host.reopen(driver, node).options(Map.of("offset", 1024, "size", 2048));
    ReopenStep step = change.prepare(ReopenPass.UP);
    assertThat(step.staged().length()).isEqualTo(2048);
    assertThat(node.length()).isEqualTo(10_240 - 512);
    change.commit();
    assertThat(node.length()).isEqualTo(2048);
    ByteBuffer first = bytes(1);
    node.read(0, first, IoFlags.NONE);
    assertThat(first.get(0)).isEqualTo((byte) 9);

    TestReopen tooLong = host.reopen(driver, node).options(Map.of("size", 20_480));
    refused(ErrorCode.INVALID_OPTION, "pass the end", () -> tooLong.prepare(ReopenPass.UP));
    assertThat(node.length()).isEqualTo(2048);
  }

  @Test
  void stagedNodeUsesTheStagedFileAndTheNodeItsOwnEdge() {
    BlockNode node = host.open(driver);
    MemoryNode other = MemoryNode.of(new byte[] {4, 4, 4});
    TestReopen change = host.reopen(driver, node).child("file", other);
    ReopenStep step = change.prepare(ReopenPass.UP);
    assertThat(step.staged().length()).isEqualTo(3);
    assertThat(node.length()).isEqualTo(10_240);
    change.commit();
    assertThat(node.length()).isEqualTo(3);
    host.child("file").swap(file);
    assertThat(node.length()).isEqualTo(10_240);
  }

  @Test
  void createSetsTheLengthOfTheFile() {
    MemoryNode empty = MemoryNode.growing();
    TestHost fresh = TestHost.create().child("file", empty);
    fresh.create(driver, Map.of("size", 12_345, "preallocation", "falloc"));
    assertThat(empty.length()).isEqualTo(12_345);
    refused(ErrorCode.INVALID_OPTION, "'size' is missing", () -> fresh.create(driver, Map.of()));
  }

  private BlockNode open(long offset, long size) {
    return host.open(driver, Map.of("offset", offset, "size", size));
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count);
  }

  private static void refused(ErrorCode code, String why, Runnable call) {
    Assertions.assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(BlockException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(why);
  }
}
