package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Zeroes, discard, status and length. */
abstract class SpaceContract extends DataContract {
  private static final int[][] RANGES = {
    {0, 512}, {1, 510}, {511, 2}, {4096, 4096}, {65_000, 70_000}, {131_072, 65_536}, {7, 200_001}
  };

  @ParameterizedTest(name = "zeroes with flags {0}")
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  final void zeroesWithEveryFlag(int flags) {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      byte[] model = pattern(30, length());
      write(node, 0, model);
      model = stored(model);
      for (int[] range : RANGES) {
        if (zeroes(node, range[0], range[1], flags)) {
          Arrays.fill(model, range[0], range[0] + range[1], (byte) 0);
        }
        assertReads(node, 0, model);
      }
      assertStatusIsTrue(subject);
      assertThat(node.length()).isEqualTo(length());
    }
  }

  /** False when the node says that it could only have written plain zeroes. */
  static boolean zeroes(BlockNode node, long offset, long count, int flags) {
    try {
      node.writeZeroes(offset, count, flags);
      return true;
    } catch (BlockException e) {
      if ((flags & IoFlags.NO_FALLBACK) != 0 && e.code() == ErrorCode.NOT_SUPPORTED) {
        return false;
      }
      throw e;
    }
  }

  @Test
  final void zeroesOfTheWholeNodeAndOverNothing() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      node.writeZeroes(0, length(), IoFlags.MAY_UNMAP);
      assertReads(node, 0, new byte[length()]);
      write(node, 100_000, pattern(31, 60_000));
      node.writeZeroes(0, length(), IoFlags.NONE);
      assertReads(node, 0, new byte[length()]);
      assertStatusIsTrue(subject);
    }
  }

  @ParameterizedTest(name = "discard=unmap: {0}")
  @ValueSource(booleans = {false, true})
  final void discardTouchesItsRangeAlone(boolean unmap) {
    TestHost host = TestHost.create();
    var options = prepare(host, length());
    host.nodeOptions(host.nodeOptions().withDiscardUnmap(unmap));
    try (Subject subject = new Subject(this, host, options)) {
      BlockNode node = subject.node();
      byte[] model = pattern(32, length());
      write(node, 0, model);
      model = stored(model);
      for (int[] range : RANGES) {
        node.discard(range[0], range[1], IoFlags.NONE);
        if (readsAreDefined()) {
          byte[] now = read(node, range[0], range[1]);
          System.arraycopy(now, 0, model, range[0], range[1]);
        }
        assertReads(node, 0, model);
      }
      assertStatusIsTrue(subject);
      byte[] bytes = pattern(33, 70_000);
      write(node, 65_001, bytes);
      assertReads(node, 65_001, stored(bytes));
    }
  }

  @Test
  final void statusOfAnEmptyAndOfAMixedNode() {
    try (Subject subject = subject()) {
      assertStatusIsTrue(subject);
      write(subject.node(), 70_000, pattern(34, 513));
      write(subject.node(), 200_000, pattern(35, 1));
      subject.node().writeZeroes(140_000, 9_000, IoFlags.MAY_UNMAP);
      assertStatusIsTrue(subject);
      for (long offset : new long[] {0, 1, 69_999, 70_001, 200_000, length() - 1}) {
        assertThat(subject.node().status(offset, 1).length()).isEqualTo(1);
      }
    }
  }

  @Test
  final void writtenDataHasAStatusOfItsOwn() {
    if (!stores()) {
      return;
    }
    try (Subject subject = subject()) {
      write(subject.node(), 0, pattern(36, length()));
      long at = 0;
      while (at < length()) {
        var status = subject.node().status(at, length() - at);
        assertThat(status.data() && status.allocated() && !status.zero()).as("%s", status).isTrue();
        at += status.length();
      }
    }
  }

  @Test
  final void truncateUpAndDown() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      if (!resizable()) {
        expect(ErrorCode.NOT_SUPPORTED, () -> node.truncate(length() * 2L, Preallocation.OFF));
        assertThat(node.length()).isEqualTo(length());
        return;
      }
      byte[] bytes = pattern(37, length());
      write(node, 0, bytes);
      int longer = length() + 300 * 512;
      node.truncate(longer, Preallocation.OFF);
      assertThat(node.length()).isEqualTo(longer);
      assertReads(node, 0, Arrays.copyOf(stored(bytes), longer));
      write(node, longer - 1000, pattern(38, 1000));
      int shorter = length() - 301 * 512;
      node.truncate(shorter, Preallocation.OFF);
      assertThat(node.length()).isEqualTo(shorter);
      node.truncate(longer, Preallocation.OFF);
      assertReads(node, 0, Arrays.copyOf(Arrays.copyOf(stored(bytes), shorter), longer));
      assertStatusIsTrue(subject);
      subject.openAgain(false);
      assertThat(subject.node().length()).isEqualTo(longer);
    }
  }

  @Test
  final void writesPastTheEndFollowTheTrait() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      byte[] bytes = pattern(39, 1000);
      if (node.traits().growsOnWrite()) {
        write(node, length() + 5000L, bytes);
        assertThat(node.length()).isEqualTo(length() + 6000L);
        byte[] tail = new byte[8000];
        System.arraycopy(stored(bytes), 0, tail, 5000, 1000);
        assertReads(node, length(), tail);
        node.writeZeroes(node.length() + 100, 400, IoFlags.MAY_UNMAP);
        assertThat(node.length()).isEqualTo(length() + 6500L);
      }
      subject.openAgain(false);
      assertThat(subject.node().length())
          .isEqualTo(node.traits().growsOnWrite() ? length() + 6500L : length());
    }
  }
}
