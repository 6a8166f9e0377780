package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.driver.qcow2.FaultyFile.Effect;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An error at each write and flush of a reopen, as far as the driver goes: read-only to read-write
 * with arming in prepare (S2), and back with storing in prepare (S4). The engine's calls stand
 * here: store or arm, then prepare, and after a failure undo and abort.
 */
class Qcow2ReopenFaultsTest {
  @TempDir Path directory;
  private final BitArray bits = BitArray.of(3, 700);
  private Qcow2Driver driver = new Qcow2Driver();

  @ParameterizedTest
  @EnumSource(Effect.class)
  void becomingWritable_failsAsAWhole_andTheNextAttemptSucceeds(Effect effect) {
    for (boolean forEver : List.of(false, true)) {
      for (int k = 1; ; k++) {
        String when = "operation " + k + " fails " + (forEver ? "for ever" : "once");
        FaultyFile file = new FaultyFile(image());
        TestHost host = TestHost.create().child("file", file).readOnly(true);
        BlockNode node = host.open(driver);
        BitmapStore store = (BitmapStore) node;
        file.fail(k, forEver, effect);
        boolean failed = becomeWritable(host, node, store);
        if (file.failures() == 0) {
          assertThat(k).isGreaterThan(4);
          break;
        }
        assertThat(failed).as(when).isTrue();
        for (MemoryNode disk : file.crashes()) {
          // Valid is right in any case, for nobody has written.
          judge(disk, when, forEver);
        }
        assertThat(node.length()).isEqualTo(4 << 20);
        file.heal();
        assertThat(becomeWritable(host, node, store)).as("%s, again", when).isFalse();
        assertThat(listed(file.crashes().get(0))).as(when).allMatch(StoredBitmap::inUse);
        node.write(0, ByteBuffer.allocate(4096), 0);
        store.stage(List.of(written())).publish();
        node.close();
        QemuTools.assertClean(file.crashes().get(0), directory.resolve("d"));
      }
    }
  }

  private boolean becomeWritable(TestHost host, BlockNode node, BitmapStore store) {
    TestReopen change = host.reopen(driver, node).readOnly(false);
    boolean prepared = false;
    try {
      change.prepare(ReopenPass.UP);
      prepared = true;
      store.arm();
    } catch (BlockException e) {
      assertThat(e).hasMessageMatching("injected|.*may be lost.*");
      if (prepared) {
        sealAgain(store);
      }
      change.abort();
      return true;
    }
    change.commit();
    return false;
  }

  /** Nothing was written since the bitmaps were read, so what is stored is right. */
  private static void sealAgain(BitmapStore store) {
    try {
      List<BitmapEntry> entries = new ArrayList<>();
      store.directory().forEach(b -> entries.add(new BitmapEntry.Kept(b, false)));
      store.stage(entries).publish();
    } catch (BlockException e) {
      assertThat(e).hasMessageMatching("injected|.*may be lost.*");
    }
  }

  @ParameterizedTest
  @EnumSource(Effect.class)
  void becomingReadOnly_failsAsAWhole_andTheNodeWritesOn(Effect effect) {
    for (boolean forEver : List.of(false, true)) {
      for (int k = 1; ; k++) {
        String when = "operation " + k + " fails " + (forEver ? "for ever" : "once");
        FaultyFile file = new FaultyFile(image());
        TestHost host = TestHost.create().child("file", file);
        BlockNode node = host.open(driver);
        BitmapStore store = (BitmapStore) node;
        store.load(store.directory().get(0), new BitArray());
        store.arm();
        node.write(1 << 20, ByteBuffer.allocate(70_000), 0);
        node.flush();
        file.fail(k, forEver, effect);
        boolean failed = becomeReadOnly(host, node, store);
        if (file.failures() == 0) {
          assertThat(k).isGreaterThan(8);
          break;
        }
        for (MemoryNode disk : file.crashes()) {
          judge(disk, when, true);
        }
        file.heal();
        if (failed) {
          // As before: a guest's write arms and goes through.
          store.arm();
          assertThat(listed(file.crashes().get(0))).as(when).allMatch(StoredBitmap::inUse);
          node.write(2 << 20, ByteBuffer.allocate(70_000), 0);
          node.flush();
          assertThat(becomeReadOnly(host, node, store)).as("%s, again", when).isFalse();
        }
        assertThat(listed(file.crashes().get(0))).as(when).noneMatch(StoredBitmap::inUse);
        node.close();
        QemuTools.assertClean(file.crashes().get(0), directory.resolve("d"));
      }
    }
  }

  private boolean becomeReadOnly(TestHost host, BlockNode node, BitmapStore store) {
    TestReopen change = host.reopen(driver, node).readOnly(true);
    try {
      node.flush();
      store.stage(List.of(written())).publish();
      change.prepare(ReopenPass.DOWN);
    } catch (BlockException e) {
      assertThat(e).hasMessageMatching("injected|.*may be lost.*");
      change.abort();
      return true;
    }
    change.commit();
    return false;
  }

  private void judge(MemoryNode disk, String when, boolean mayBeInUse) {
    for (StoredBitmap bitmap : listed(disk)) {
      if (bitmap.inUse()) {
        assertThat(mayBeInUse).as(when).isTrue();
        continue;
      }
      BitArray seen = new BitArray();
      new Qcow2Bitmaps(new PlainSpace(disk)).load(bitmap, seen);
      assertThat(seen.bits).as(when).isEqualTo(bits.bits);
    }
    QemuTools.Outcome check =
        QemuTools.outcome("qemu-img", "check", QemuTools.save(disk, directory.resolve("c")));
    assertThat(check.exit()).as("%s: %s%s", when, check.output(), check.errors()).isIn(0, 3);
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokenBitmapSteps.class,
      names = {"ARMS_WITHOUT_A_FLUSH", "TRUSTS_FLAGS_THAT_A_FAILED_ARMING_WROTE"})
  void aBrokenRuleOfBecomingWritable_isFound(BrokenBitmapSteps broken) {
    driver = new Qcow2Driver(broken.steps());
    assertThatThrownBy(() -> becomingWritable_failsAsAWhole_andTheNextAttemptSucceeds(Effect.HALF))
        .isInstanceOf(AssertionError.class);
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokenBitmapSteps.class,
      names = {
        "PUBLISHES_WITHOUT_A_FLUSH_BEFORE",
        "FREES_THE_OLD_BEFORE_THE_HEADER_IS_CONFIRMED",
        "BUILDS_ON_THE_OLD_WITHOUT_WRITING_THE_HEADER_AGAIN"
      })
  void aBrokenRuleOfBecomingReadOnly_isFound(BrokenBitmapSteps broken) {
    driver = new Qcow2Driver(broken.steps());
    assertThatThrownBy(
            () -> {
              for (Effect effect : Effect.values()) {
                becomingReadOnly_failsAsAWhole_andTheNodeWritesOn(effect);
              }
            })
        .isInstanceOfAny(AssertionError.class, BlockException.class);
  }

  @Test
  void anAbortedWritableNode_writesNothing() {
    FaultyFile file = new FaultyFile(image());
    TestHost host = TestHost.create().child("file", file).readOnly(true);
    BlockNode node = host.open(driver);
    TestReopen change = host.reopen(driver, node).readOnly(false);
    change.prepare(ReopenPass.UP);
    change.abort();
    file.fail(1, true, Effect.NOTHING);
    node.flush();
    node.close();
    assertThat(file.operations()).isZero();
  }

  private static List<StoredBitmap> listed(MemoryNode disk) {
    List<StoredBitmap> found = new Qcow2Bitmaps(new PlainSpace(disk)).directory();
    assertThat(found).hasSize(1);
    return found;
  }

  private BitmapEntry written() {
    return new BitmapEntry.Written("b", 4096, true, false, bits);
  }

  /** A disk with a valid bitmap, and a bit in its header that a writer has to take away. */
  private MemoryNode image() {
    MemoryNode file =
        QemuTools.load(QemuTools.create(directory.resolve("i"), "cluster_size=4096", 4 << 20));
    BlockNode node = TestHost.create().child("file", file).open(driver);
    ((BitmapStore) node).stage(List.of(written())).publish();
    node.close();
    Header.Builder b = HeaderCodec.read(file, "x").toBuilder();
    b.autoclear |= 1L << 9;
    file.put(0, HeaderCodec.encode(b.build()));
    return file;
  }
}
