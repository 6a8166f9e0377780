package io.ashlar.driver.copybeforewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.CopyBeforeWrite;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.VirtualTime;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/** A disk, its copy, and the filter between. */
final class Disks {
  static final int CLUSTER = 65_536;

  final VirtualTime time;
  final MemoryNode disk;
  final MemoryNode target;
  final TestHost host;
  final BlockNode node;
  final CopyBeforeWrite copier;
  final byte[] content;

  Disks(long seed, int length, Map<String, ?> options) {
    time = new VirtualTime(seed);
    disk = MemoryNode.fixed(length);
    target = MemoryNode.fixed(length);
    content = new byte[length];
    new Random(seed).nextBytes(content);
    disk.put(0, content);
    host =
        TestHost.create()
            .waits(time)
            .clock(time)
            .nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true))
            .child("file", disk)
            .child("target", target);
    node = host.open(new CopyBeforeWriteDriver(), options);
    copier = (CopyBeforeWrite) node;
  }

  void write(int offset, int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    node.write(offset, ByteBuffer.wrap(bytes), IoFlags.NONE);
  }

  /** Copies all that is left, as a job does. */
  int copyRest() {
    int copied = 0;
    for (long at = copier.nextWanted(0); at >= 0; at = copier.nextWanted(at + 1)) {
      copied += copier.copyCluster(at) ? 1 : 0;
    }
    return copied;
  }

  void assertTargetHolds(byte[] expected, int from, int length) {
    assertThat(
            Arrays.mismatch(
                target.get(from, length), Arrays.copyOfRange(expected, from, from + length)))
        .as("first wrong byte of the target from %d on", from)
        .isEqualTo(-1);
  }
}
