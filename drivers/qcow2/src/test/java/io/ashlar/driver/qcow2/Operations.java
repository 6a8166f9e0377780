package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Random requests on a node, and the array of bytes that it has to agree with. */
final class Operations {
  private final Cell cell;
  private final Random random;
  private final boolean below;
  byte[] expected;

  Operations(Cell cell, Random random, byte[] content) {
    this.cell = cell;
    this.random = random;
    this.below = cell.backing() != Cell.Backing.NONE;
    this.expected = content;
  }

  void step(BlockNode node) {
    int length = lengthOfRequest();
    int offset = random.nextInt(Math.max(1, expected.length - length + 1));
    if (random.nextBoolean()) {
      offset &= -512;
    }
    switch (random.nextInt(12)) {
      case 0, 1, 2, 3, 4 -> write(node, offset, length, IoFlags.NONE);
      case 5 -> zero(node, offset, length, random.nextBoolean() ? IoFlags.MAY_UNMAP : 0);
      case 6 -> discard(node, offset, length);
      case 7 -> node.flush();
      case 8 -> compressed(node, offset);
      default -> compare(node, offset, length);
    }
  }

  private int lengthOfRequest() {
    int cluster = 1 << cell.clusterBits();
    int most = Math.min(expected.length, Math.max(4 * cluster, 65536));
    return switch (random.nextInt(4)) {
      case 0 -> Math.min(expected.length, 1 + random.nextInt(4096));
      case 1 -> Math.min(expected.length, cluster * (1 + random.nextInt(3)));
      default -> 1 + random.nextInt(most);
    };
  }

  void write(BlockNode node, int offset, int length, int flags) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    node.write(offset, ByteBuffer.wrap(bytes), flags);
    System.arraycopy(bytes, 0, expected, offset, length);
  }

  private void zero(BlockNode node, int offset, int length, int flags) {
    node.writeZeroes(offset, length, flags);
    Arrays.fill(expected, offset, offset + length, (byte) 0);
  }

  private void discard(BlockNode node, int offset, int length) {
    node.discard(offset, length, IoFlags.NONE);
    if (cell.version() == 2 && below) {
      return;
    }
    int mask = (1 << cell.clusterBits()) - 1;
    int from = offset + mask & ~mask;
    int to = offset + length == expected.length ? expected.length : offset + length & ~mask;
    if (from < to) {
      Arrays.fill(expected, from, to, (byte) 0);
    }
  }

  private void compressed(BlockNode node, int near) {
    int cluster = 1 << cell.clusterBits();
    int start = near & -cluster;
    int length = Math.min(cluster, expected.length - start);
    // Compressed writes are for clusters that nothing is stored in; a zero cluster is one.
    if (start % cluster != 0 || node.status(start, length).data()) {
      return;
    }
    if (node.status(start, length).hostOffset() >= 0
        || node.status(start, length).length() < length) {
      return;
    }
    byte[] bytes = new byte[length];
    int period = 1 + random.nextInt(200);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i % period * 7);
    }
    node.write(start, ByteBuffer.wrap(bytes), IoFlags.COMPRESSED);
    System.arraycopy(bytes, 0, expected, start, length);
  }

  void compare(BlockNode node, int offset, int length) {
    ByteBuffer read =
        random.nextBoolean() ? ByteBuffer.allocate(length) : ByteBuffer.allocateDirect(length);
    node.read(offset, read, IoFlags.NONE);
    byte[] bytes = new byte[length];
    read.clear().get(bytes);
    int at = Arrays.mismatch(bytes, 0, length, expected, offset, offset + length);
    assertThat(at).as("first byte that differs of %d at %d", length, offset).isEqualTo(-1);
  }

  void compareAll(BlockNode node) {
    assertThat(node.length()).isEqualTo(expected.length);
    compare(node, 0, expected.length);
  }
}
