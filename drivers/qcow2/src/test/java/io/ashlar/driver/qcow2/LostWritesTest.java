package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.driver.qcow2.FaultyFile.Effect;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestChild;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A flush that fails may have lost whatever was written since the last good one, whoever wrote it
 * and whoever flushed, and the next good flush proves nothing of it (protocols 5). A header whose
 * change failed may be either (invariant 6).
 */
class LostWritesTest {
  @TempDir Path directory;

  @Test
  void aGoodFlush_isNoProofAfterAnotherUsersFailed() {
    FaultyFile file = new FaultyFile(MemoryNode.of(new byte[4096]));
    HostFile host =
        new HostFile(new TestChild("file", file), io.ashlar.spi.system.SystemWaits.INSTANCE);
    HostIo one = host.asBlockIo();
    HostIo two = host.asBlockIo();
    one.write(0, bytes(1), 0);
    two.write(1024, bytes(2), 0);
    file.fail(1, false, Effect.HALF);
    assertThatThrownBy(two::flush).hasMessage("injected");

    assertThatThrownBy(one::flush).hasMessageContaining("may be lost");
    assertThat(file.crashes().get(0).get(0, 1)[0]).isZero();
    one.write(0, bytes(1), 0);
    one.flush();
    assertThat(file.crashes().get(0).get(0, 1)[0]).isEqualTo((byte) 1);
    two.write(1024, bytes(2), 0);
    file.fail(1, false, Effect.HALF);
    assertThatThrownBy(one::flush).isInstanceOf(BlockException.class);
    // Flushed by somebody else, too late.
    host.syncSince(host.failedSyncs());
    assertThatThrownBy(two::flushed).hasMessageContaining("may be lost");
    two.write(1024, bytes(2), 0);
    two.startOver();
    two.flushed();
  }

  private static ByteBuffer bytes(int value) {
    byte[] bytes = new byte[512];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void anL2TableThatABitmapsFlushLost_isWrittenAgain() {
    MemoryNode start = noisy("cluster_size=4096", 64 << 20);
    FaultyFile file = new FaultyFile(start);
    BlockNode node = open(file);
    BitmapStore store = (BitmapStore) node;
    // A new table, in a cluster that holds noise; most of it is no slice in memory.
    node.write(10 << 20, bytes(7), 0);
    file.fail(2, false, Effect.HALF);
    assertThatThrownBy(store::arm).hasMessage("injected");
    file.heal();

    assertThatThrownBy(node::flush).as("the guest's write may be lost").hasMessage("injected");
    node.write(10 << 20, bytes(7), 0);
    node.flush();
    MemoryNode disk = file.crashes().get(0);
    assertSound(disk);
    assertThat(read(disk, 10 << 20, 1)[0]).isEqualTo((byte) 7);
    assertThat(read(disk, 11 << 20, 1)[0]).isZero();
  }

  @Test
  void aGuestIsToldOfItsLostWrites_andACommandIsNot() {
    FaultyFile file = new FaultyFile(noisy("cluster_size=4096", 64 << 20));
    BlockNode node = open(file);
    BitmapStore store = (BitmapStore) node;
    node.write(0, bytes(1), 0);
    file.fail(2, false, Effect.HALF);
    assertThatThrownBy(store::arm).hasMessage("injected");
    store.arm();
    BitmapEntry entry = new BitmapEntry.Written("b", 65536, true, false, BitArray.of(1));
    store.stage(List.of(entry)).publish();
    assertThatThrownBy(node::flush).hasMessage("injected");
    node.flush();
    // Nothing of a guest's is lost when it has flushed before.
    file.fail(2, false, Effect.HALF);
    assertThatThrownBy(store::arm).hasMessage("injected");
    node.flush();
    node.close();
  }

  /** Clearing a bitmap has to have guests' writes durable, and nobody hears of its flush. */
  @Test
  void whatTheEnginesOwnFlushLost_isStillToldToAGuest() {
    FaultyFile file = new FaultyFile(noisy("cluster_size=4096", 64 << 20));
    BlockNode node = open(file);
    node.write(0, bytes(1), 0);
    node.flush();
    node.write(0, bytes(2), 0);
    file.fail(1, false, Effect.HALF);
    assertThatThrownBy(node::makeDurable).hasMessage("injected");
    assertThatThrownBy(node::makeDurable).as("nothing proves it").hasMessage("injected");
    assertThatThrownBy(node::flush).hasMessage("injected");
    node.makeDurable();
    node.flush();
    node.close();
  }

  /**
   * New clusters hold what guests had flushed long ago, besides what they write; and what lay there
   * before is nobody's.
   */
  @Test
  void newClustersThatACommandsFlushLost_areWrittenAgain() {
    FaultyFile file = new FaultyFile(noisy("cluster_size=4096", 64 << 20));
    BlockNode node = open(file);
    BitmapStore store = (BitmapStore) node;
    node.write(0, cluster(3), IoFlags.COMPRESSED);
    node.flush();
    node.write(512, bytes(7), 0);
    node.write(1 << 20, cluster(4), IoFlags.COMPRESSED);
    node.write(2 << 20, bytes(5), 0);
    node.writeZeroes(3 << 20, 4096, 0);
    file.fail(2, false, Effect.HALF);
    assertThatThrownBy(store::arm).hasMessage("injected");
    BitmapEntry entry = new BitmapEntry.Written("b", 65536, true, false, BitArray.of(1));
    store.stage(List.of(entry)).publish();

    MemoryNode disk = file.crashes().get(0);
    assertSound(disk);
    assertThat(read(disk, 0, 512)).containsOnly(3);
    assertThat(read(disk, 512, 512)).containsOnly(7);
    assertThat(read(disk, 1024, 3072)).containsOnly(3);
    assertThat(read(disk, 1 << 20, 4096)).containsOnly(4);
    assertThat(read(disk, 2 << 20, 512)).containsOnly(5);
    assertThat(read(disk, (2 << 20) + 512, 3584)).containsOnly(0);
    assertThat(read(disk, 3 << 20, 4096)).containsOnly(0);
    assertThatThrownBy(node::flush).as("they may be lost all the same").hasMessage("injected");
    node.close();
  }

  /** What is written again must not take the place of what somebody writes meanwhile. */
  @Test
  void aRequestThatWasInFlightWhenAFlushFailed_endsBeforeClustersAreWrittenAgain()
      throws InterruptedException {
    FaultyFile file = new FaultyFile(noisy("cluster_size=4096", 64 << 20));
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    file.beforeWrites(
        length -> {
          if (length == 1024) {
            asked.countDown();
            await(answered);
          }
        });
    BlockNode node = open(file);
    node.write(0, bytes(1), 0);
    Thread guest =
        new Thread(() -> node.write(1024, ByteBuffer.wrap(new byte[1024]).put(0, (byte) 9), 0));
    guest.start();
    await(asked);
    file.fail(2, false, Effect.HALF);
    assertThatThrownBy(((BitmapStore) node)::arm).hasMessage("injected");

    assertThatThrownBy(node::flush).hasMessageContaining("while guests wrote");
    answered.countDown();
    guest.join();
    assertThatThrownBy(node::flush).hasMessageContaining("may be lost");
    MemoryNode disk = file.crashes().get(0);
    assertThat(read(disk, 0, 512)).containsOnly(1);
    assertThat(read(disk, 1024, 1)).containsOnly(9);
    node.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static ByteBuffer cluster(int value) {
    byte[] bytes = new byte[4096];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  /**
   * An error at each write and flush of growing, in an image whose L1 and refcount tables grow too;
   * then guests go on. What they flush afterwards is there after a crash, whichever header it
   * shows.
   */
  @ParameterizedTest
  @EnumSource(Effect.class)
  void aGrowthThatFails_losesNoLaterWrite(Effect effect) {
    MemoryNode start = noisy("cluster_size=512", 1 << 20);
    int failures = 0;
    for (int k = 1; ; k++) {
      FaultyFile file = new FaultyFile(start);
      BlockNode node = open(file);
      file.fail(k, false, effect);
      boolean failed = attempt(() -> node.truncate(64L << 20, Preallocation.OFF));
      if (file.failures() == 0) {
        break;
      }
      failures += failed ? 1 : 0;
      // Old space: its tables lie below whichever header the disk shows.
      for (int i = 0; i < 24; i++) {
        node.write(i * 40_000L, bytes(i + 1), 0);
      }
      if (attempt(node::flush)) {
        node.flush();
      }
      for (MemoryNode disk : file.crashes()) {
        assertSound(disk);
        for (int i = 0; i < 24; i++) {
          assertThat(read(disk, i * 40_000L, 512))
              .as("operation %d, write %d", k, i)
              .containsOnly(i + 1);
        }
      }
      node.truncate(64L << 20, Preallocation.OFF);
      node.write(60L << 20, bytes(99), 0);
      node.close();
      assertSound(file.crashes().get(0));
      assertThat(read(file.crashes().get(0), 60L << 20, 512)).containsOnly(99);
    }
    assertThat(failures).isGreaterThan(3);
  }

  /** The same while the refcount table is replaced, in the middle of a guest's write. */
  @ParameterizedTest
  @EnumSource(Effect.class)
  void aRefcountTableThatCannotGrow_losesNothing(Effect effect) {
    MemoryNode start = noisy("cluster_size=512,refcount_bits=64", 8 << 20);
    byte[] data = new byte[1 << 20];
    Arrays.fill(data, (byte) 5);
    int failures = 0;
    for (int k = 1; ; k += 1 + k / 6) {
      FaultyFile file = new FaultyFile(start);
      BlockNode node = open(file);
      file.fail(k, false, effect);
      boolean failed = false;
      for (int i = 0; i < 6; i++) {
        long at = (long) i << 20;
        failed |= attempt(() -> node.write(at, ByteBuffer.wrap(data), 0));
      }
      if (file.failures() == 0) {
        break;
      }
      failures += failed ? 1 : 0;
      for (int i = 0; i < 6; i++) {
        node.write((long) i << 20, ByteBuffer.wrap(data), 0);
      }
      if (attempt(node::flush)) {
        for (int i = 0; i < 6; i++) {
          node.write((long) i << 20, ByteBuffer.wrap(data), 0);
        }
        node.flush();
      }
      MemoryNode disk = file.crashes().get(0);
      assertSound(disk);
      for (int i = 0; i < 6; i++) {
        assertThat(read(disk, (long) i << 20, 1 << 20)).as("operation %d", k).isEqualTo(data);
      }
    }
    assertThat(failures).isGreaterThan(3);
  }

  private static boolean attempt(Runnable action) {
    try {
      action.run();
      return false;
    } catch (BlockException e) {
      assertThat(e).hasMessageMatching("injected|.*may be lost.*");
      return true;
    }
  }

  /** An image with a bitmap, and free clusters full of ones. */
  private MemoryNode noisy(String options, long size) {
    MemoryNode file = QemuTools.load(QemuTools.create(directory.resolve("n"), options, size));
    BlockNode node =
        TestHost.create()
            .child("file", file)
            .nodeOptions(io.ashlar.spi.NodeOptions.DEFAULTS.withDiscardUnmap(true))
            .open(new Qcow2Driver(), Map.of("pass-discard-request", false));
    byte[] noise = new byte[1 << 18];
    Arrays.fill(noise, (byte) -1);
    node.write(0, ByteBuffer.wrap(noise), 0);
    node.flush();
    BitmapEntry entry = new BitmapEntry.Written("b", 65536, true, false, BitArray.of(1));
    ((BitmapStore) node).stage(List.of(entry)).publish();
    node.discard(0, noise.length, 0);
    node.close();
    return file;
  }

  private static BlockNode open(BlockNode file) {
    // Slices smaller than tables, so that a table is more than what is written back of it.
    return TestHost.create()
        .child("file", file)
        .open(new Qcow2Driver(), Map.of("l2-cache-entry-size", 512L));
  }

  private static byte[] read(MemoryNode disk, long offset, int count) {
    BlockNode node = TestHost.create().child("file", disk).readOnly(true).open(new Qcow2Driver());
    ByteBuffer bytes = ByteBuffer.allocate(count);
    node.read(offset, bytes, 0);
    node.close();
    // The disk is looked at again.
    return bytes.array();
  }

  private void assertSound(MemoryNode disk) {
    QemuTools.Outcome check =
        QemuTools.outcome("qemu-img", "check", QemuTools.save(disk, directory.resolve("s")));
    assertThat(check.exit()).as(check.output() + check.errors()).isIn(0, 3);
  }
}
