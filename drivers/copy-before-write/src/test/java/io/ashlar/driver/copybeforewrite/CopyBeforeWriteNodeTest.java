package io.ashlar.driver.copybeforewrite;

import static io.ashlar.driver.copybeforewrite.Disks.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.CopyBeforeWrite;
import io.ashlar.spi.CopyPlan;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.OperationLog;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is copied, when, and what happens when that fails. */
final class CopyBeforeWriteNodeTest {
  private static final int LENGTH = 8 * CLUSTER + 1536;

  private final Disks disks = new Disks(5, LENGTH, Map.of());
  private final CopyBeforeWrite copier = disks.copier;

  @Test
  void withoutAPlanNothingIsCopied() {
    disks.write(0, 1000, 1);
    assertThat(disks.target.log().changes()).isZero();
    assertThat(copier.active()).isFalse();
    assertThat(copier.remaining()).isZero();
    assertThat(copier.nextWanted(0)).isEqualTo(-1);
    assertCode(ErrorCode.INVALID_REQUEST, () -> copier.copyCluster(0));
    copier.skip(0, LENGTH);
    copier.end();
  }

  @Test
  void everyKindOfChangeSavesItsClustersFirstAndOnce() {
    copier.begin(CopyPlan.everything());
    assertThat(copier.remaining()).isEqualTo(LENGTH);
    disks.write(CLUSTER - 1, 2, 1); // clusters 0 and 1
    disks.node.writeZeroes(3 * CLUSTER + 5, 10, IoFlags.NONE);
    disks.node.discard(5 * CLUSTER, CLUSTER, IoFlags.NONE);
    disks.node.write(LENGTH - 1, ByteBuffer.allocate(1), IoFlags.NONE);
    assertThat(disks.target.log().count(Operation.WRITE)).isEqualTo(5);
    disks.write(0, 2 * CLUSTER, 2);
    disks.write(3 * CLUSTER, CLUSTER, 2);
    assertThat(disks.target.log().count(Operation.WRITE)).as("once each").isEqualTo(5);
    assertThat(copier.remaining()).isEqualTo(4L * CLUSTER);
    assertThat(copier.nextWanted(0)).isEqualTo(2 * CLUSTER);
    assertThat(copier.copyCluster(0)).as("saved before the guest's write").isFalse();
    assertThat(disks.copyRest()).isEqualTo(4);
    disks.assertTargetHolds(disks.content, 0, LENGTH);
    assertThat(copier.remaining()).isZero();
    assertThat(disks.disk.get(CLUSTER, 1)).containsExactly(2);
  }

  @Test
  void readsUnchangedWritesAndEmptyRequestsSaveNothing() {
    copier.begin(CopyPlan.everything());
    disks.node.read(0, ByteBuffer.allocate(CLUSTER), IoFlags.NONE);
    disks.node.write(0, ByteBuffer.wrap(disks.content, 0, 512), IoFlags.UNCHANGED);
    disks.node.write(0, ByteBuffer.allocate(0), IoFlags.NONE);
    disks.node.flush();
    assertThat(disks.target.log().changes()).isZero();
  }

  @Test
  void onlyDirtyClustersAreWanted() {
    // 16 KiB granules: bits 4 to 7 are cluster 1; bit 4 * 8 is the short last cluster.
    copier.begin(CopyPlan.dirty(Dirty.of(5, 7, 12, 32, 40), CLUSTER / 4));
    assertThat(copier.remaining()).isEqualTo(2L * CLUSTER + 1536);
    disks.write(0, LENGTH, 3);
    assertThat(disks.target.log().count(Operation.WRITE)).isEqualTo(3);
    disks.assertTargetHolds(disks.content, CLUSTER, CLUSTER);
    disks.assertTargetHolds(disks.content, 3 * CLUSTER, CLUSTER);
    disks.assertTargetHolds(disks.content, 8 * CLUSTER, 1536);
    disks.assertTargetHolds(new byte[LENGTH], 0, CLUSTER);
  }

  @Test
  void aGranuleLargerThanAClusterMeansAllItsClusters() {
    copier.begin(CopyPlan.dirty(Dirty.of(1), 2L * CLUSTER));
    assertThat(copier.remaining()).isEqualTo(2L * CLUSTER);
    assertThat(copier.nextWanted(0)).isEqualTo(2 * CLUSTER);
    assertThat(copier.nextWanted(3 * CLUSTER + 9)).isEqualTo(3 * CLUSTER);
    assertThat(copier.nextWanted(4 * CLUSTER)).isEqualTo(-1);
  }

  @Test
  void skippedClustersAreNotCopied() {
    copier.begin(CopyPlan.everything());
    copier.skip(CLUSTER + 1, CLUSTER); // touches clusters 1 and 2
    assertThat(copier.remaining()).isEqualTo(LENGTH - 2L * CLUSTER);
    disks.write(0, 4 * CLUSTER, 9);
    assertThat(disks.target.log().count(Operation.WRITE)).isEqualTo(2);
    disks.assertTargetHolds(new byte[LENGTH], CLUSTER, 2 * CLUSTER);
  }

  @Test
  void zeroesAreWrittenAsZeroesOrLeftOut() {
    disks.node.discard(0, 2 * CLUSTER, IoFlags.NONE);
    disks.target.put(0, disks.content);
    copier.begin(CopyPlan.everything());
    disks.target.log().start();
    assertThat(copier.copyCluster(0)).isTrue();
    assertThat(disks.target.log().entries())
        .containsExactly(
            new OperationLog.Entry(Operation.WRITE_ZEROES, 0, CLUSTER, IoFlags.MAY_UNMAP));
    disks.assertTargetHolds(new byte[LENGTH], 0, CLUSTER);
    copier.end();

    copier.begin(CopyPlan.everything().withTargetReadsZero(true));
    disks.target.log().start();
    assertThat(copier.copyCluster(CLUSTER)).isTrue();
    assertThat(disks.target.log().entries()).isEmpty();
    assertThat(copier.remaining()).isEqualTo(LENGTH - (long) CLUSTER);
  }

  @Test
  void compressedNeedsATargetThatCompresses() {
    assertCode(
        ErrorCode.NOT_SUPPORTED, () -> copier.begin(CopyPlan.everything().withCompressed(true)));
    assertThat(copier.active()).isFalse();
  }

  @Test
  void aFailedCopyBreaksTheSnapshotAndNotTheGuest() {
    copier.begin(CopyPlan.everything());
    disks.target.faults().failOnce(Operation.WRITE, 2, ErrorCode.NO_SPACE);
    disks.write(0, 10, 1);
    assertThat(copier.failure()).isEmpty();
    disks.write(CLUSTER, 10, 1);
    disks.write(2 * CLUSTER, 10, 1);
    assertThat(disks.disk.get(CLUSTER, 1)).containsExactly(1);
    assertThat(copier.failure())
        .get()
        .extracting(BlockException::code)
        .isEqualTo(ErrorCode.NO_SPACE);
    assertThat(disks.target.log().count(Operation.WRITE)).as("no copies any more").isEqualTo(2);
    assertCode(ErrorCode.NO_SPACE, () -> copier.copyCluster(4 * CLUSTER));
    assertThat(disks.host.events()).hasSize(1);
    assertThat(disks.host.events().get(0)).isInstanceOf(NodeEvent.SideWorkFailed.class);
    copier.end();
    assertThat(copier.failure()).as("known until the next begin").isPresent();
    copier.begin(CopyPlan.everything());
    assertThat(copier.failure()).isEmpty();
    assertThat(copier.copyCluster(4 * CLUSTER)).isTrue();
  }

  @Test
  void aFailedReadOfOldContentBreaksTheSnapshotToo() {
    copier.begin(CopyPlan.everything());
    disks.disk.faults().failOnce(Operation.READ, 1, ErrorCode.IO_ERROR);
    disks.write(0, 10, 1);
    assertThat(copier.failure()).isPresent();
  }

  @Test
  void theOtherWayRoundTheGuestsWriteFailsAndMayBeTriedAgain() {
    Disks strict = new Disks(6, LENGTH, Map.of("on-cbw-error", "break-guest-write"));
    strict.copier.begin(CopyPlan.everything());
    strict.target.faults().failOnce(Operation.WRITE, 1, ErrorCode.NO_SPACE);
    assertCode(ErrorCode.NO_SPACE, () -> strict.write(0, 10, 1));
    assertThat(strict.disk.log().count(Operation.WRITE)).isZero();
    assertThat(strict.copier.failure()).isEmpty();
    strict.write(0, 10, 1);
    strict.copyRest();
    strict.assertTargetHolds(strict.content, 0, LENGTH);
  }

  private static final long SECOND = 1_000_000_000L;

  private static Disks hanging(String onError) {
    Disks slow = new Disks(8, LENGTH, Map.of("cbw-timeout", 5L, "on-cbw-error", onError));
    slow.target
        .faults()
        .hook(
            (operation, offset, length) -> {
              if (operation == Operation.WRITE) {
                slow.time.sleep(100 * SECOND);
              }
            });
    slow.copier.begin(CopyPlan.everything());
    return slow;
  }

  @Test
  void aCopyThatHangsBreaksTheSnapshotWhenItsTimeIsUp() {
    Disks slow = hanging("break-snapshot");
    long begun = slow.time.nanoTime();
    slow.write(0, 10, 1);
    assertThat(slow.time.nanoTime() - begun).isBetween(5 * SECOND, 6 * SECOND);
    assertThat(slow.copier.failure())
        .get()
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMED_OUT));
    // The copy hangs on, under the lock of its cluster; the guest does not wait for it any more.
    slow.write(5, 10, 2);
    slow.write(3 * CLUSTER, 10, 2);
    assertThat(slow.time.nanoTime() - begun).isLessThan(6 * SECOND);
    assertThat(slow.disk.get(0, 6)).containsExactly(1, 1, 1, 1, 1, 2);
    slow.copier.end();
    assertThat(slow.time.nanoTime() - begun).isGreaterThanOrEqualTo(100 * SECOND);
  }

  @Test
  void aCopyThatHangsFailsTheGuestsWriteOnRequestAndMayStillSucceed() {
    Disks slow = hanging("break-guest-write");
    long begun = slow.time.nanoTime();
    assertCode(ErrorCode.TIMED_OUT, () -> slow.write(0, 10, 1));
    assertCode(ErrorCode.TIMED_OUT, () -> slow.write(0, 10, 1));
    assertThat(slow.time.nanoTime() - begun).isBetween(10 * SECOND, 11 * SECOND);
    assertThat(slow.copier.failure()).isEmpty();
    assertThat(slow.disk.log().count(Operation.WRITE)).isZero();
    slow.time.sleep(100 * SECOND);
    slow.write(0, 10, 1);
    slow.target.faults().clear();
    slow.copyRest();
    slow.assertTargetHolds(slow.content, 0, LENGTH);
  }

  @Test
  void aJobsFailedCopyMayBeTriedAgain() {
    copier.begin(CopyPlan.everything());
    disks.target.faults().failOnce(Operation.WRITE, 1, ErrorCode.IO_ERROR);
    assertCode(ErrorCode.IO_ERROR, () -> copier.copyCluster(0));
    assertThat(copier.failure()).isEmpty();
    assertThat(copier.nextWanted(0)).isZero();
    disks.copyRest();
    disks.assertTargetHolds(disks.content, 0, LENGTH);
  }

  @Test
  void onePlanAtATimeAndNoneIntoAShortTarget() {
    copier.begin(CopyPlan.everything());
    assertCode(ErrorCode.INVALID_REQUEST, () -> copier.begin(CopyPlan.everything()));
    copier.end();
    disks.write(0, 10, 1);
    assertThat(disks.target.log().changes()).as("ended").isZero();
    copier.begin(CopyPlan.everything());
    copier.end();
    TestHost host =
        TestHost.create()
            .child("file", MemoryNode.fixed(LENGTH))
            .child("target", MemoryNode.fixed(LENGTH - 1));
    CopyBeforeWrite small = (CopyBeforeWrite) host.open(new CopyBeforeWriteDriver());
    assertCode(ErrorCode.INVALID_REQUEST, () -> small.begin(CopyPlan.everything()));
    host.child("target", MemoryNode.growing());
    CopyBeforeWrite growing = (CopyBeforeWrite) host.open(new CopyBeforeWriteDriver());
    growing.begin(CopyPlan.everything());
    assertThat(growing.remaining()).isEqualTo(LENGTH);
  }

  @Test
  void clustersAreAsLargeAsAskedFor() {
    assertThat(copier.clusterSize()).isEqualTo(CLUSTER);
    Disks large = new Disks(7, LENGTH, Map.of("min-cluster-size", 4L * CLUSTER));
    assertThat(large.copier.clusterSize()).isEqualTo(4 * CLUSTER);
    large.copier.begin(CopyPlan.everything());
    large.write(0, 1, 1);
    large.assertTargetHolds(large.content, 0, 4 * CLUSTER);
    assertCode(
        ErrorCode.INVALID_OPTION, () -> new Disks(8, LENGTH, Map.of("min-cluster-size", 70_000L)));
  }

  @Test
  void manyTerabytesOfWantedClustersAreCountedAndFound() {
    long length = 1L << 40;
    TestHost host =
        TestHost.create()
            .child("file", MemoryNode.fixed(length))
            .child("target", MemoryNode.fixed(length));
    CopyBeforeWrite huge = (CopyBeforeWrite) host.open(new CopyBeforeWriteDriver());
    huge.begin(CopyPlan.everything());
    assertThat(huge.remaining()).isEqualTo(length);
    huge.skip(0, length - CLUSTER);
    assertThat(huge.remaining()).isEqualTo(CLUSTER);
    assertThat(huge.nextWanted(0)).isEqualTo(length - CLUSTER);
  }

  @Test
  void whatItDoesNotUnderstandIsRefused() {
    copier.begin(CopyPlan.everything());
    assertThat(disks.node.traits().operations())
        .as("never more than the node below offers")
        .isSubsetOf(disks.disk.traits().operations())
        .contains(Operation.WRITE_ZEROES)
        .doesNotContain(Operation.TRUNCATE, Operation.WRITE_COMPRESSED);
    int unknown = 1 << 12;
    ByteBuffer buffer = ByteBuffer.allocate(512);
    assertCode(ErrorCode.NOT_SUPPORTED, () -> disks.node.truncate(LENGTH * 2L, Preallocation.OFF));
    assertCode(ErrorCode.INVALID_REQUEST, () -> disks.node.read(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> disks.node.write(0, buffer, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> disks.node.writeZeroes(0, 512, unknown));
    assertCode(ErrorCode.INVALID_REQUEST, () -> disks.node.discard(0, 512, unknown));
    assertThat(List.of(disks.disk.log().changes(), disks.target.log().changes())).containsOnly(0L);
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BlockException.class))
        .extracting(BlockException::code)
        .isEqualTo(code);
  }
}
