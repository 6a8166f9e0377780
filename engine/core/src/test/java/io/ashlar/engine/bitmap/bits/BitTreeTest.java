package io.ashlar.engine.bitmap.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BitmapSource;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class BitTreeTest {
  private static final long KIB = 1024;
  private static final long MIB = KIB * KIB;
  private static final long TIB = MIB * MIB;

  /** Bits 0 to n as a plain set: what the tree must say. */
  private static BitSet bitsOf(BitTree tree) {
    BitSet set = new BitSet();
    long start = tree.nextSetBit(0);
    while (start >= 0) {
      long end = tree.nextClearBit(start);
      set.set((int) start, (int) (end < 0 ? tree.bits() : end));
      start = end < 0 ? -1 : tree.nextSetBit(end);
    }
    return set;
  }

  @ParameterizedTest
  @CsvSource({
    "1, 512",
    "511, 512",
    "10000000, 512",
    "2097153, 512",
    "33554432, 4096",
    "99999999, 65536"
  })
  void doesWhatAPlainSetDoes(long length, long granularity) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    BitTree tree = new BitTree(length, granularity);
    int bits = (int) tree.bits();
    BitSet model = new BitSet();
    for (int step = 0; step < 300; step++) {
      long offset = (long) (random.nextDouble() * length);
      long count = 1 + (long) (Math.pow(random.nextDouble(), 6) * length * 1.2);
      int from = (int) (offset / granularity);
      int to = (int) Math.min(bits, (offset + count - 1) / granularity + 1);
      if (random.nextInt(3) > 0) {
        tree.set(offset, count);
        model.set(from, to);
      } else {
        tree.clear(offset, count);
        int firstWhole = (int) ((offset + granularity - 1) / granularity);
        int end = offset + count >= length ? bits : (int) ((offset + count) / granularity);
        model.clear(Math.min(firstWhole, end), end);
      }
      if (step % 10 == 0) {
        assertThat(bitsOf(tree)).as("seed %d step %d", seed, step).isEqualTo(model);
        assertThat(tree.count()).as("seed %d step %d", seed, step).isEqualTo(model.cardinality());
        int at = random.nextInt(bits);
        assertThat(tree.isSet(at * granularity)).isEqualTo(model.get(at));
      }
    }
    assertThat(bitsOf(tree.copy())).as("seed %d", seed).isEqualTo(model);
    tree.clearAll();
    assertThat(tree.isEmpty()).isTrue();
  }

  @Test
  void rangesWidenForSettingAndShrinkForClearing() {
    BitTree tree = new BitTree(10 * 4096 + 100, 4096);
    tree.set(4095, 2);
    assertThat(tree.count()).isEqualTo(2);
    tree.clear(1, 8191);
    assertThat(tree.isSet(0)).isTrue();
    assertThat(tree.isSet(4096)).isFalse();
    // The last granule is short: up to the end is whole.
    tree.set(10 * 4096, 1);
    tree.clear(10 * 4096, 100);
    assertThat(tree.isSet(10 * 4096)).isFalse();
    tree.set(11 * 4096, 4096);
    tree.set(0, 0);
    assertThat(tree.count()).isEqualTo(1);
    assertThat(tree.nextDirty(0)).isZero();
    assertThat(tree.nextDirty(100)).isEqualTo(100);
    assertThat(tree.nextDirty(4096)).isEqualTo(-1);
    assertThat(tree.nextClean(0)).isEqualTo(4096);
    tree.set(0, Long.MAX_VALUE);
    assertThat(tree.nextClean(0)).isEqualTo(-1);
    assertThat(tree.dirtyBytes()).isEqualTo(11 * 4096);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 256, 513, 1L << 32, -512})
  void refusesOtherGranularities(long granularity) {
    assertThatThrownBy(() -> new BitTree(MIB, granularity))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_OPTION));
  }

  @Test
  void refusesWhatWouldNeedTooMuchMemory() {
    new BitTree(1L << 54, 512);
    new BitTree(Long.MAX_VALUE, 1L << 31);
    assertThatThrownBy(() -> new BitTree((1L << 54) + 512, 512))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LIMIT_EXCEEDED));
  }

  @Test
  void sixtyFourTebibytesWithAThousandSpotsStayWithinOneMebibyte() {
    BitTree warm = new BitTree(64 * TIB, 64 * KIB);
    warm.set(5, 5);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Random random = new Random(1);
    long[] spots = random.longs(1000, 0, 64 * TIB).toArray();
    long before = threads.getCurrentThreadAllocatedBytes();
    BitTree tree = new BitTree(64 * TIB, 64 * KIB);
    for (long spot : spots) {
      tree.set(spot, 1);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(tree.count()).isBetween(990L, 1000L);
    assertThat(allocated).as("bytes the VM allocated").isLessThan(MIB);
    assertThat(tree.memory()).as("bytes counted").isBetween(allocated - 4 * KIB, allocated);
  }

  @Test
  void aWholeDiskCostsNoLeaves() {
    BitTree tree = new BitTree(64 * TIB + 1, 64 * KIB);
    tree.set(0, 64 * TIB + 1);
    assertThat(tree.count()).isEqualTo((1L << 30) + 1);
    assertThat(tree.memory()).isLessThan(4 * MIB);
    assertThat(tree.copy().memory()).isEqualTo(tree.memory());
    tree.clear(TIB, 64 * KIB);
    assertThat(tree.count()).isEqualTo(1L << 30);
    assertThat(tree.nextClean(0)).isEqualTo(TIB);
    BitTree other = new BitTree(64 * TIB, 64 * KIB);
    other.set(0, 64 * TIB);
    assertThat(other.nextClean(0)).as("shared pages").isEqualTo(-1);
  }

  @Test
  void mergeConvertsGranularitiesConservatively() {
    BitTree fine = new BitTree(MIB, 512);
    fine.set(5000, 1);
    fine.set(70_000, 600);
    BitTree coarse = new BitTree(MIB, 64 * KIB);
    coarse.merge(fine);
    assertThat(bitsOf(coarse)).isEqualTo(BitSet.valueOf(new long[] {0b11}));
    BitTree back = new BitTree(100 * KIB, 4096);
    back.merge(coarse);
    assertThat(back.count()).as("clipped to the shorter one").isEqualTo(25);
    BitTree same = new BitTree(MIB, 512);
    same.set(0, 1);
    same.merge(fine);
    assertThat(same.count()).isEqualTo(1 + fine.count());
  }

  @Test
  void resizedGrowsCleanAndForgetsWhatWasCutOff() {
    BitTree tree = new BitTree(100 * 512, 512);
    tree.set(0, 100 * 512);
    BitTree small = tree.resized(65 * 512 + 1);
    assertThat(small.count()).isEqualTo(66);
    BitTree large = small.resized(200 * 512);
    assertThat(large.count()).isEqualTo(66);
    assertThat(large.nextDirty(66 * 512)).isEqualTo(-1);
    assertThat(tree.count()).isEqualTo(100);
  }

  @Test
  void checksumIsTheOneOfTheLittleEndianWords() throws Exception {
    long seed = 7;
    Random random = new Random(seed);
    BitTree tree = new BitTree(40 * MIB + 5, 512);
    for (int i = 0; i < 200; i++) {
      tree.set((long) (random.nextDouble() * tree.length()), random.nextInt(9000));
    }
    ByteBuffer flat = ByteBuffer.allocate((int) tree.words() * 8).order(ByteOrder.LITTLE_ENDIAN);
    flat.put(bitsOf(tree).toByteArray());
    String expected =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(flat.array()));
    assertThat(TreeBits.sha256(tree)).isEqualTo(expected);
  }

  @Test
  void checksumIsTheOneThatQemuReports() {
    // qemu-storage-daemon 10.0.2, a disk of 41944064 bytes after three writes by qemu-io.
    BitTree tree = new BitTree(41_944_064, 4096);
    tree.set(5000, 1);
    tree.set(8 * MIB, 300 * KIB);
    tree.set(40 * MIB, 3);
    assertThat(TreeBits.sha256(tree))
        .isEqualTo("1e950140547ac0ad1fd2ec239a0f760c484d36fadcb8ebb68b17ddc9a220c811");
  }

  @Test
  void storedAndLoadedAgainItIsTheSame() {
    BitTree tree = new BitTree(64 * TIB, 64 * KIB);
    tree.set(3 * TIB, 5 * MIB);
    tree.set(64 * TIB - 1, 1);
    BitmapSource source = tree.snapshot();
    tree.set(0, 1);
    BitTree loaded = tree.emptied();
    var sink = TreeBits.sink(loaded);
    long[] chunk = new long[7];
    for (long w = source.nextNonZeroWord(0); w >= 0; w = source.nextNonZeroWord(w + chunk.length)) {
      source.copy(w, chunk, chunk.length);
      sink.words(w, chunk, chunk.length);
    }
    assertThat(loaded.count()).isEqualTo(81);
    assertThat(loaded.isSet(3 * TIB + 5 * MIB - 1)).isTrue();
    assertThat(loaded.isSet(64 * TIB - 1)).isTrue();
    assertThat(loaded.isSet(0)).as("set after the snapshot").isFalse();
    sink.allSet(1L << 29, Long.MAX_VALUE);
    assertThat(loaded.count()).isEqualTo((1L << 29) + 80);
    sink.words(loaded.words() - 1, new long[] {-1, -1}, 2);
    assertThat(loaded.nextSetBit(loaded.bits())).isEqualTo(-1);
  }

  @Test
  void noBitIsLostWhenManySetAndOthersClearBeside() throws Exception {
    BitTree tree = new BitTree(256 * 512, 512);
    int threads = 4;
    CompletableFuture<?>[] all = new CompletableFuture<?>[threads + 1];
    // Each thread owns every fourth bit, so that words are shared and bits are not.
    for (int t = 0; t < threads; t++) {
      int own = t;
      all[t] =
          CompletableFuture.runAsync(
              () -> {
                for (int round = 0; round < 20_000; round++) {
                  for (long bit = own; bit < tree.bits(); bit += threads) {
                    tree.set(bit * 512, 512);
                    if (!tree.isSet(bit * 512)) {
                      throw new AssertionError("lost " + bit);
                    }
                    if (own == 3 || round < 19_999) {
                      tree.clear(bit * 512, 512);
                    }
                  }
                }
              },
              task -> new Thread(task).start());
    }
    all[threads] = CompletableFuture.runAsync(() -> tree.merge(tree.copy().emptied()));
    CompletableFuture.allOf(all).get(40, TimeUnit.SECONDS);
    assertThat(tree.count()).isEqualTo(tree.bits() / 4 * 3);
  }
}
