package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The node below the drivers under test has to be right itself. */
final class MemoryNodeTest {
  @Test
  void behavesLikeAnArrayOfBytes() {
    long seed = 20_260_101L;
    Random random = new Random(seed);
    byte[] model = new byte[100_000];
    MemoryNode node = MemoryNode.fixed(model.length);
    for (int step = 0; step < 3_000; step++) {
      int offset = random.nextInt(model.length);
      int length = random.nextInt(Math.min(20_000, model.length - offset + 1));
      switch (random.nextInt(3)) {
        case 0 -> {
          byte[] data = new byte[length];
          random.nextBytes(data);
          System.arraycopy(data, 0, model, offset, length);
          node.write(offset, ByteBuffer.wrap(data), IoFlags.NONE);
        }
        case 1 -> {
          Arrays.fill(model, offset, offset + length, (byte) 0);
          node.writeZeroes(offset, length, random.nextBoolean() ? IoFlags.MAY_UNMAP : 0);
        }
        default -> {
          ByteBuffer target = ByteBuffer.allocate(length);
          node.read(offset, target, IoFlags.NONE);
          assertThat(target.array())
              .as("seed %d step %d", seed, step)
              .isEqualTo(Arrays.copyOfRange(model, offset, offset + length));
        }
      }
    }
    assertThat(node.get(0, model.length)).isEqualTo(model);
  }

  @Test
  void growsAndReadsZeroesPastTheEnd() {
    MemoryNode node = MemoryNode.growing();
    node.write(10_000, ByteBuffer.wrap(new byte[] {1, 2}), IoFlags.NONE);
    assertThat(node.length()).isEqualTo(10_002);
    ByteBuffer target = ByteBuffer.allocate(4);
    node.read(10_001, target, IoFlags.NONE);
    assertThat(target.array()).containsExactly(2, 0, 0, 0);
    assertThat(node.status(0, 10_002)).isEqualTo(BlockStatus.zero(8192));
    assertThat(node.status(8192, 1810)).isEqualTo(BlockStatus.data(1810, 8192));
    node.truncate(10_001, Preallocation.OFF);
    node.truncate(10_002, Preallocation.OFF);
    assertThat(node.get(10_000, 2)).containsExactly(1, 0);
  }

  @Test
  void crashKeepsWhatWasFlushedOrForced() {
    MemoryNode node = MemoryNode.growing();
    node.write(0, ByteBuffer.wrap(new byte[] {1, 1, 1, 1}), IoFlags.NONE);
    node.flush();
    node.write(0, ByteBuffer.wrap(new byte[] {2}), IoFlags.NONE);
    node.write(1, ByteBuffer.wrap(new byte[] {3}), IoFlags.FUA);
    node.write(100, ByteBuffer.wrap(new byte[] {4}), IoFlags.NONE);
    assertThat(node.crashed().length()).isEqualTo(4);
    assertThat(node.crashed().get(0, 4)).containsExactly(1, 3, 1, 1);
    MemoryNode copy = node.copy();
    node.write(0, ByteBuffer.wrap(new byte[] {9}), IoFlags.NONE);
    assertThat(copy.get(0, 2)).containsExactly(2, 3);
    assertThat(copy.length()).isEqualTo(101);
  }

  @Test
  void failsAsTold() {
    MemoryNode node = MemoryNode.fixed(4096);
    node.faults().failOnce(Operation.FLUSH, 2, ErrorCode.IO_ERROR);
    node.flush();
    assertThatThrownBy(node::flush).isInstanceOf(BlockException.class);
    node.flush();
    node.faults().failFrom(Operation.WRITE_ZEROES, 1, ErrorCode.NO_SPACE);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> node.writeZeroes(0, 10, IoFlags.NONE))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE));
    }
    node.faults().clear();
    node.faults().failRange(Operation.WRITE, 100, 10, ErrorCode.IO_ERROR);
    node.write(0, ByteBuffer.allocate(100), IoFlags.NONE);
    node.write(110, ByteBuffer.allocate(100), IoFlags.NONE);
    assertThatThrownBy(() -> node.write(99, ByteBuffer.allocate(2), IoFlags.NONE))
        .isInstanceOf(BlockException.class);
    assertThat(node.log().count(Operation.FLUSH)).isEqualTo(3);
    assertThat(node.log().changes()).isEqualTo(5);
  }
}
