package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Small matters in which twins worked by QEMU and by us once came apart. */
final class Qcow2AsQemuTest {
  private static final int CLUSTER = 4096;

  private final Qcow2Driver driver = new Qcow2Driver();

  private BlockNode disk(MemoryNode below) {
    MemoryNode file = MemoryNode.growing();
    TestHost.create()
        .child("file", file)
        .create(driver, Map.of("size", 16L * CLUSTER, "cluster-size", (long) CLUSTER));
    TestHost host =
        TestHost.create()
            .child("file", file)
            .nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true));
    return below == null ? host.open(driver) : host.child("backing", below).open(driver);
  }

  private static ByteBuffer noise() {
    byte[] bytes = new byte[CLUSTER];
    new Random(1).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static ByteBuffer sevens() {
    byte[] bytes = new byte[CLUSTER];
    Arrays.fill(bytes, (byte) 7);
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void whatDoesNotCompress_isWrittenOverAnything_theRestIsRefusedThere() {
    try (BlockNode node = disk(null)) {
      node.write(0, sevens(), IoFlags.NONE);
      assertThatThrownBy(() -> node.write(0, sevens(), IoFlags.COMPRESSED))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR));
      node.write(0, noise(), IoFlags.COMPRESSED);
      ByteBuffer found = ByteBuffer.allocate(CLUSTER);
      node.read(0, found, IoFlags.NONE);
      assertThat(found.flip()).isEqualTo(noise());
      assertThat(node.status(0, CLUSTER).compressed()).isFalse();
    }
  }

  @Test
  void zeroingAPartOfAReservedZeroCluster_givesItBackWhenThatIsAllowed() {
    try (BlockNode node = disk(null)) {
      node.write(0, sevens(), IoFlags.NONE);
      node.writeZeroes(0, CLUSTER, IoFlags.NONE);
      node.writeZeroes(100, 50, IoFlags.NONE);
      assertThatThrownBy(() -> node.write(0, sevens(), IoFlags.COMPRESSED))
          .as("still reserved")
          .isInstanceOf(BlockException.class);
      node.writeZeroes(100, 50, IoFlags.MAY_UNMAP);
      node.write(0, sevens(), IoFlags.COMPRESSED);
      assertThat(node.status(0, CLUSTER).compressed()).isTrue();
    }
  }

  @Test
  void growthUnderALongerBackingFile_isZeroUpToItsEnd() {
    byte[] below = new byte[18 * CLUSTER];
    Arrays.fill(below, (byte) 9);
    try (BlockNode node = disk(MemoryNode.of(below))) {
      node.truncate(32L * CLUSTER, Preallocation.OFF);
      assertThat(node.status(16L * CLUSTER, 16L * CLUSTER))
          .isEqualTo(BlockStatus.zero(16L * CLUSTER));
      assertThat(node.status(0, CLUSTER).allocated()).isFalse();
    }
  }
}
