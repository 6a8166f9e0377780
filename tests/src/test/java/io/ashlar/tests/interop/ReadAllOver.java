package io.ashlar.tests.interop;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;

/** Opens an image of 1 TiB read-write, reads and writes all over it. Run in a JVM of its own. */
final class ReadAllOver {
  /** Random places that are read, on top of two in every L2 table. */
  static final int READS = 20_000;

  private static final long L2_SPAN = 512L << 20;
  private static final int WRITES = 200;

  private ReadAllOver() {}

  /** Takes the image's name. */
  public static void main(String[] arguments) {
    Random random = new Random(1);
    try (Ashlar engine = Ashlar.start()) {
      engine.graph().add(Images.qcow2("disk", Path.of(arguments[0]))).await();
      try (BlockDevice device = Images.writer(engine, "disk")) {
        long length = device.length();
        if (length != 1L << 40) {
          throw new AssertionError("length " + length);
        }
        for (long at = 0; at < length; at += L2_SPAN / 2) {
          read(device, at);
        }
        for (int i = 0; i < READS; i++) {
          read(device, (long) (random.nextDouble() * (length - 4096)));
        }
        for (int i = 0; i < WRITES; i++) {
          device.write(random.nextInt(1 << 20) * (1L << 20), Images.bytes(7, 512));
        }
        device.flush();
      }
      engine.graph().remove("disk").await();
    }
    System.out.println("read " + READS + " places");
  }

  private static void read(BlockDevice device, long offset) {
    ByteBuffer target = ByteBuffer.allocate(4096);
    device.read(offset, target);
    target.flip();
    if (target.remaining() != 4096 || target.mismatch(ByteBuffer.allocate(4096)) >= 0) {
      throw new AssertionError("no zeroes at " + offset);
    }
  }
}
