package io.ashlar.driver.copyonread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.OperationLog;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import io.ashlar.spi.contract.VirtualTime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fills: what is stored, under which flags, and what happens beside writers and failures. */
final class CopyOnReadNodeTest {
  private static final int CLUSTER = 65_536;
  private static final int LENGTH = 8 * CLUSTER + 1536;

  private VirtualTime time;
  private Overlay overlay;
  private TestHost host;
  private byte[] content;

  private BlockNode open(long seed) {
    time = new VirtualTime(seed);
    overlay = new Overlay(time, LENGTH, CLUSTER);
    content = new byte[LENGTH];
    new Random(seed).nextBytes(content);
    overlay.backing.put(0, content);
    host = TestHost.create().waits(time).clock(time).child("file", overlay);
    return host.open(new CopyOnReadDriver());
  }

  private static byte[] read(BlockNode node, int offset, int length) {
    ByteBuffer target = ByteBuffer.allocate(length);
    node.read(offset, target, IoFlags.NONE);
    return target.array();
  }

  private byte[] expected(int offset, int length) {
    return Arrays.copyOfRange(content, offset, offset + length);
  }

  @Test
  void aReadFillsItsClustersUnchangedAndOnce() {
    BlockNode node = open(1);
    overlay.top.log().start();
    assertThat(read(node, CLUSTER + 700, CLUSTER)).isEqualTo(expected(CLUSTER + 700, CLUSTER));
    assertThat(overlay.top.get(CLUSTER, 2 * CLUSTER)).isEqualTo(expected(CLUSTER, 2 * CLUSTER));
    assertThat(overlay.allocatedSectors()).isEqualTo(2 * CLUSTER / Overlay.SECTOR);
    List<OperationLog.Entry> writes =
        overlay.top.log().entries().stream().filter(e -> e.operation() == Operation.WRITE).toList();
    assertThat(writes)
        .containsExactly(
            new OperationLog.Entry(Operation.WRITE, CLUSTER, CLUSTER, IoFlags.UNCHANGED),
            new OperationLog.Entry(Operation.WRITE, 2 * CLUSTER, CLUSTER, IoFlags.UNCHANGED));
    long below = overlay.backing.log().count(Operation.READ);
    assertThat(read(node, CLUSTER + 1, 5000)).isEqualTo(expected(CLUSTER + 1, 5000));
    assertThat(overlay.backing.log().count(Operation.READ)).isEqualTo(below);
    assertThat(overlay.top.log().changes()).isEqualTo(2);
  }

  @Test
  void theShortLastClusterIsFilledToTheEnd() {
    BlockNode node = open(2);
    assertThat(read(node, LENGTH - 1, 1)).isEqualTo(expected(LENGTH - 1, 1));
    assertThat(overlay.top.get(8 * CLUSTER, 1536)).isEqualTo(expected(8 * CLUSTER, 1536));
    assertThat(overlay.allocatedSectors()).isEqualTo(3);
  }

  @Test
  void whatIsAllocatedStaysAndOnlyTheRestOfTheClusterIsFilled() {
    BlockNode node = open(3);
    byte[] own = new byte[1024];
    Arrays.fill(own, (byte) 7);
    node.write(1024, ByteBuffer.wrap(own), IoFlags.NONE);
    System.arraycopy(own, 0, content, 1024, 1024);
    overlay.top.log().start();
    assertThat(read(node, 0, CLUSTER)).isEqualTo(expected(0, CLUSTER));
    assertThat(overlay.top.log().entries())
        .filteredOn(entry -> entry.operation() == Operation.WRITE)
        .extracting(OperationLog.Entry::offset, OperationLog.Entry::length)
        .containsExactly(tuple(0L, 1024L), tuple(2048L, CLUSTER - 2048L));
    assertThat(overlay.top.get(0, CLUSTER)).isEqualTo(expected(0, CLUSTER));
  }

  @Test
  void zeroesAreStoredAsZeroes() {
    BlockNode node = open(4);
    overlay.backing.put(0, new byte[CLUSTER]);
    overlay.top.log().start();
    assertThat(read(node, 10, 10)).containsOnly(0);
    assertThat(overlay.top.log().entries())
        .contains(new OperationLog.Entry(Operation.WRITE_ZEROES, 0, CLUSTER, IoFlags.UNCHANGED));
    assertThat(overlay.top.log().count(Operation.WRITE)).isZero();
    assertThat(overlay.isAllocated(0)).isTrue();
  }

  @Test
  void prefetchFillsAndReadsNothingTwice() {
    BlockNode node = open(5);
    ByteBuffer target = ByteBuffer.allocate(3 * CLUSTER);
    node.read(CLUSTER, target, IoFlags.PREFETCH);
    assertThat(overlay.top.get(CLUSTER, 3 * CLUSTER)).isEqualTo(expected(CLUSTER, 3 * CLUSTER));
    overlay.top.log().reset();
    overlay.backing.log().reset();
    node.read(CLUSTER, target, IoFlags.PREFETCH);
    assertThat(overlay.top.log().count(Operation.READ)).isZero();
    assertThat(overlay.backing.log().count(Operation.READ)).isZero();
  }

  @Test
  void aReadOnlyImageBelowIsReadPlainlyAndSilently() {
    BlockNode node = open(6);
    overlay.top.readOnly(true);
    assertThat(read(node, 5, 100_000)).isEqualTo(expected(5, 100_000));
    node.read(0, ByteBuffer.allocate(CLUSTER), IoFlags.PREFETCH);
    assertThat(overlay.top.log().count(Operation.WRITE)).as("one attempt").isEqualTo(1);
    assertThat(overlay.allocatedSectors()).isZero();
    assertThat(host.events()).isEmpty();

    overlay.top.readOnly(false);
    TestReopen reopen = host.reopen(new CopyOnReadDriver(), node);
    reopen.prepare(ReopenPass.UP);
    reopen.commit();
    read(node, 5, 5);
    assertThat(overlay.isAllocated(0)).as("tried again after a reopen").isTrue();
  }

  @Test
  void aReadOnlyFilterFillsNothing() {
    open(7);
    host.readOnly(true);
    BlockNode node = host.open(new CopyOnReadDriver());
    assertThat(read(node, 5, 100_000)).isEqualTo(expected(5, 100_000));
    assertThat(overlay.top.log().changes()).isZero();
  }

  @Test
  void aFailedFillIsReportedAndTheReadSucceeds() {
    BlockNode node = open(8);
    overlay.top.faults().failFrom(Operation.WRITE, 1, ErrorCode.NO_SPACE);
    assertThat(read(node, 0, 3 * CLUSTER)).isEqualTo(expected(0, 3 * CLUSTER));
    assertThat(read(node, 0, 3 * CLUSTER)).isEqualTo(expected(0, 3 * CLUSTER));
    assertThat(host.events()).as("said once").hasSize(1);
    assertThat(host.events().get(0)).isInstanceOf(NodeEvent.SideWorkFailed.class);
    assertCode(
        ErrorCode.NO_SPACE, () -> node.read(0, ByteBuffer.allocate(CLUSTER), IoFlags.PREFETCH));
    overlay.top.faults().clear();
    assertThat(read(node, 0, CLUSTER)).isEqualTo(expected(0, CLUSTER));
    assertThat(overlay.isAllocated(0)).isTrue();
    overlay.top.faults().failFrom(Operation.WRITE, 1, ErrorCode.IO_ERROR);
    read(node, CLUSTER, 1);
    assertThat(host.events()).as("a new failure after a success").hasSize(2);
  }

  @Test
  void aFailedReadBelowFailsTheRead() {
    BlockNode node = open(9);
    overlay.backing.faults().failFrom(Operation.READ, 1, ErrorCode.IO_ERROR);
    assertCode(ErrorCode.IO_ERROR, () -> read(node, 0, 1));
    assertThat(overlay.allocatedSectors()).isZero();
  }

  /** Writers write each sector once; whatever the order, no fill may bring old bytes back. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26})
  void fillsNeverOverwriteWhatAGuestWrote(long seed) {
    BlockNode node = open(seed);
    overlay.backing.faults().hook((operation, offset, length) -> time.pause());
    overlay.top.faults().hook((operation, offset, length) -> time.pause());
    List<Waits.WaitThread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int from = t;
      threads.add(time.start("writer " + t, () -> writeSectors(node, from)));
      Random random = new Random(seed * 31 + t);
      threads.add(
          time.start(
              "reader " + t,
              () -> {
                for (int i = 0; i < 6; i++) {
                  read(node, random.nextInt(4 * CLUSTER), 1 + random.nextInt(CLUSTER));
                }
              }));
    }
    threads.forEach(thread -> assertThat(thread.join(Long.MAX_VALUE)).isTrue());
    for (int s = 0; s < 64; s++) {
      Arrays.fill(content, s * 4096, s * 4096 + 512, (byte) s);
    }
    assertThat(Arrays.mismatch(read(node, 0, LENGTH), content))
        .as("first wrong byte with seed %d", seed)
        .isEqualTo(-1);
  }

  private static void writeSectors(BlockNode node, int from) {
    for (int s = from; s < 64; s += 4) {
      byte[] bytes = new byte[512];
      Arrays.fill(bytes, (byte) s);
      node.write(s * 4096L, ByteBuffer.wrap(bytes), IoFlags.NONE);
    }
  }

  @Test
  void shrinkingWaitsForFillsPastTheNewEnd() {
    BlockNode node = open(30);
    overlay.backing.faults().hook((operation, offset, length) -> time.sleep(1_000_000));
    Waits.WaitThread reader = time.start("reader", () -> read(node, 6 * CLUSTER, CLUSTER));
    time.sleep(1000);
    assertCode(ErrorCode.NOT_SUPPORTED, () -> node.truncate(CLUSTER, Preallocation.OFF));
    assertThat(overlay.isAllocated(6 * CLUSTER)).as("the fill was over by then").isTrue();
    assertThat(reader.join(Long.MAX_VALUE)).isTrue();
  }

  @Test
  void whatItDoesNotUnderstandIsRefused() {
    BlockNode node = open(31);
    assertThat(node.traits().operations())
        .as("never more than the node below offers")
        .isEqualTo(overlay.traits().operations())
        .doesNotContain(Operation.WRITE_COMPRESSED);
    int unknown = 1 << 12;
    ByteBuffer buffer = ByteBuffer.allocate(512);
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.read(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.write(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.writeZeroes(0, 512, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> node.discard(0, 512, unknown));
    assertThat(overlay.top.log().changes()).isZero();
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BlockException.class))
        .extracting(BlockException::code)
        .isEqualTo(code);
  }
}
