package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import java.nio.file.Path;
import java.util.Map;

/** Empty images. */
final class CostImages {
  private CostImages() {}

  /** A qcow2 image of a length in bytes. */
  static Path create(Ashlar engine, Path image, long length) {
    Map<String, Object> file = Map.of("driver", "file", "filename", image.toString());
    engine.graph().create("file", Map.of("filename", image.toString(), "size", 0)).await();
    engine.graph().create("qcow2", Map.of("size", length, "file", file)).await();
    return image;
  }
}
