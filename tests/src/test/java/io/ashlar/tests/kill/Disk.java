package io.ashlar.tests.kill;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** The nodes that parent and children build alike, and what a guest does to them. */
final class Disk {
  /** The node of the guest's disk. */
  static final String NODE = "disk";

  /** The bitmap that a backup clears now and then; the copy has the content of that moment. */
  static final String BACKED_UP = "b0";

  /** A bitmap of small granules that nobody clears. */
  static final String NEVER_CLEARED = "b1";

  private static final int SECTOR = 512;

  private Disk() {}

  /** A qcow2 node that gives up what is discarded. */
  static NodeDefinition qcow2(Path image) {
    return NodeDefinition.of("qcow2", NODE)
        .with("discard", "unmap")
        .with(
            "file",
            NodeDefinition.of("file", NODE + "-file")
                .with("filename", image.toString())
                .with("discard", "unmap"));
  }

  /** The target of backups. */
  static NodeDefinition raw(String node, Path file) {
    return NodeDefinition.of("raw", node)
        .with("file", NodeDefinition.of("file", node + "-file").with("filename", file.toString()));
  }

  /** A guest. */
  static BlockDevice guest(Ashlar engine) {
    return engine.graph().attach(NODE, DeviceSettings.writer("guest")).await();
  }

  /** Writes, zeroes, discards, reads or flushes somewhere. */
  static void work(BlockDevice guest, SplittableRandom random) {
    long offset = Places.any(random) + random.nextInt(Places.LENGTH / SECTOR) * (long) SECTOR;
    int most = (int) (Places.LENGTH - offset % Places.LENGTH);
    int length = (1 + random.nextInt(most / SECTOR)) * SECTOR;
    int kind = random.nextInt(100);
    if (kind < 70) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      guest.write(offset, ByteBuffer.wrap(bytes));
    } else if (kind < 78) {
      guest.writeZeroes(offset, length, 0);
    } else if (kind < 86) {
      guest.discard(Places.any(random), Places.LENGTH);
    } else if (kind < 94) {
      guest.read(offset, ByteBuffer.allocate(length));
    } else {
      guest.flush();
    }
  }
}
