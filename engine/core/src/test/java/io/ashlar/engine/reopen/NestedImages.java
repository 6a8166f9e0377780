package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.ImageReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A qcow2 with a bitmap inside a qcow2 with a bitmap: storing the outer one's bitmaps writes into
 * the inner one, which makes the inner one's bitmaps untrue again.
 */
final class NestedImages {
  private NestedImages() {}

  static void storeThroughStored(EightNodes nodes) {
    Ashlar engine = nodes.engine;
    String file = nodes.path("inner").toString();
    Map<String, Object> storage = Map.of("driver", "file", "filename", file);
    engine.graph().create("file", Map.of("filename", file, "size", 0L)).await();
    engine.graph().create("qcow2", Map.of("file", storage, "size", 16 * EightNodes.MIB)).await();
    engine.graph().add(NodeDefinition.of("qcow2", "inner").with("file", storage)).await();
    copyInto(nodes, "inner", nodes.emptyImage("outer"));
    engine.graph().add(NodeDefinition.of("qcow2", "outer").with("file", "inner")).await();
    engine.bitmaps().add("inner", "bm", Bitmaps.Settings.PERSISTENT).await();
    engine.bitmaps().add("outer", "bm", Bitmaps.Settings.PERSISTENT).await();
    nodes.write("outer", 65536);
    engine
        .graph()
        .reopen(
            List.of(
                NodeDefinition.of("qcow2", "inner").with("read-only", true),
                NodeDefinition.of("qcow2", "outer").with("read-only", true)))
        .await();
    ImageReport report = engine.inspect(nodes.path("inner"), "qcow2");
    assertThat(report.bitmaps().get(0).inUse()).as("the inner image is IN_USE").isFalse();
  }

  private static void copyInto(EightNodes nodes, String node, Path image) {
    try (BlockDevice device =
        nodes.engine.graph().attach(node, DeviceSettings.writer("copy")).await()) {
      device.write(0, ByteBuffer.wrap(Files.readAllBytes(image)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
