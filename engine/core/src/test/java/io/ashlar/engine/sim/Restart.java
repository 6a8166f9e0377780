package io.ashlar.engine.sim;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.sim.Truth.Tracked;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** What the images of a crashed engine look like to the next one. */
final class Restart {
  private final World world;
  private final SimEngine engine;

  Restart(World world, SimEngine engine) {
    this.world = world;
    this.engine = engine;
  }

  /** The definition that opens an image again, with nothing but its file below. */
  static Step.Node definition(String image, SimDisk disk, boolean readOnly) {
    Step.Node file =
        new Step.Node(disk.name, "sim-file", readOnly, java.util.Map.of(), java.util.Map.of());
    return new Step.Node(
        image, "sim-image", readOnly, java.util.Map.of("file", file), java.util.Map.of());
  }

  /** Every stored bitmap is there, and is either given up or knows everything that is on disk. */
  void loaded(String image) {
    NodeHandle handle = engine.runtime().nodes().get(image);
    SimDisk disk = world.diskOf(image);
    world.truth(image).bitmaps().values().removeIf(tracked -> !tracked.persistent);
    for (Tracked tracked : List.copyOf(world.truth(image).bitmaps().values())) {
      tracked.afterCrash(
          granule -> ByteBuffer.wrap(disk.read(SimImage.dataSector(granule))).getLong());
      Optional<BitmapState> found =
          handle.core().bitmaps().recording().generation().find(tracked.name);
      if (found.isEmpty() && tracked.mayBeGone) {
        world.truth(image).bitmaps().remove(tracked.name);
      } else if (found.isEmpty()) {
        world.violated("bitmap '" + tracked.name + "' of '" + image + "' is gone after a crash");
      } else if (found.get().inconsistent()) {
        tracked.inconsistent = true;
      } else if (tracked.inconsistent && tracked.givenUp) {
        tracked.inconsistent = false;
      } else if (tracked.inconsistent) {
        world.violated("bitmap '" + tracked.name + "' of '" + image + "' is trusted again");
      } else if (found.get().enabled() != tracked.enabled) {
        world.violated("bitmap '" + tracked.name + "' of '" + image + "' changed in a crash");
      }
    }
  }
}
