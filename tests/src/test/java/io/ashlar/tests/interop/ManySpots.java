package io.ashlar.tests.interop;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.NodeDefinition;
import java.util.Random;

/** Measures what bitmaps of a node of 64 TiB take. Run in a JVM of its own. */
final class ManySpots {
  private static final int BITMAPS = 16;
  private static final int SPOTS = 1000;
  private static final int GRANULARITY = 1 << 16;
  private static final long LENGTH = 64L << 40;

  private ManySpots() {}

  /** Takes nothing. */
  public static void main(String[] arguments) {
    Bitmaps.Settings settings = new Bitmaps.Settings(GRANULARITY, false, false);
    try (Ashlar engine = Ashlar.start()) {
      engine.graph().add(NodeDefinition.of("null-co", "disk").with("size", LENGTH)).await();
      try (BlockDevice device = Images.writer(engine, "disk")) {
        // Once for the classes and buffers that the first of all needs.
        engine.bitmaps().add("disk", "first", settings).await();
        write(device, new Random(1));
        engine.bitmaps().remove("disk", "first").await();
        long before = used();
        for (int i = 0; i < BITMAPS; i++) {
          engine.bitmaps().add("disk", "b" + i, settings).await();
        }
        write(device, new Random(2));
        long after = used();
        System.out.println("bytes a bitmap: " + (after - before) / BITMAPS);
        for (int i = 0; i < BITMAPS; i++) {
          check(engine.bitmaps().dirty("disk", "b" + i).await());
        }
      }
    }
  }

  private static void write(BlockDevice device, Random random) {
    for (int i = 0; i < SPOTS; i++) {
      // One in each of as many equal parts, so that no two meet.
      long part = LENGTH / SPOTS;
      long offset = i * part + (long) (random.nextDouble() * (part - 2 * GRANULARITY));
      device.write(offset & -GRANULARITY, Images.bytes(1, 512));
    }
  }

  private static void check(DirtyView view) {
    if (!(view instanceof DirtyView.Exact exact)
        || exact.extents().size() != SPOTS
        || exact.dirtyBytes() != (long) SPOTS * GRANULARITY) {
      throw new AssertionError(view.toString());
    }
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
