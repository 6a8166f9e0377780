package io.ashlar.bench.compare;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * An image in an engine of its own. A device that may write forbids a reopen to read-only here as
 * well; its coming and going is counted.
 */
final class AshlarReopen implements ReopenSide {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String NODE = "disk";

  private final Ashlar engine = Ashlar.start();
  private final List<NodeDefinition> readOnly;
  private final List<NodeDefinition> readWrite;
  private final ByteBuffer page = ReopenSide.page();

  /**
   * Opens an image.
   *
   * @param journal whether the history of its bitmaps is kept beside it, which QEMU has nothing of
   */
  AshlarReopen(Path image, boolean journal) {
    NodeDefinition file =
        NodeDefinition.of("file", NODE + "-file").with("filename", (Object) image.toString());
    NodeDefinition plain = NodeDefinition.of("qcow2", NODE);
    NodeDefinition disk = journal ? plain : plain.with("journal", (Object) "off");
    engine.graph().add(disk.with("file", file)).await(LIMIT);
    readOnly = List.of(disk.with("read-only", (Object) true));
    readWrite = List.of(disk.with("read-only", (Object) false));
  }

  @Override
  public long cycle(long place) {
    long start = System.nanoTime();
    try (BlockDevice guest =
        engine.graph().attach(NODE, DeviceSettings.writer("guest")).await(LIMIT)) {
      guest.write(place, page.clear());
    }
    engine.graph().reopen(readOnly).await(LIMIT);
    engine.graph().reopen(readWrite).await(LIMIT);
    return System.nanoTime() - start;
  }

  @Override
  public void close() {
    try {
      engine.graph().remove(NODE).await(LIMIT);
    } finally {
      engine.close();
    }
  }
}
