package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.tests.interop.ThrowingDriver.Place;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A driver that throws costs one clear error, not the engine, and changes nothing. */
final class ThrowingDriverTest {
  @TempDir Path directory;

  private Path disk;
  private Path other;
  private Ashlar engine;

  @BeforeEach
  void start() throws Exception {
    disk = Files.write(directory.resolve("disk.img"), new byte[1 << 20]);
    other = Files.write(directory.resolve("other.img"), new byte[1 << 20]);
    engine = Ashlar.start();
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"exception", "error"})
  void inOpen(String what) throws Exception {
    Map<String, String> before = Images.snapshot(directory);
    expected(Images.refused(() -> engine.graph().add(node(Place.OPEN, what)).await()));
    assertThat(engine.graph().nodes().await()).as("nodes left").isEmpty();
    assertThat(Images.snapshot(directory)).isEqualTo(before);
    othersGoOn();
    // Its file is free again.
    engine.graph().add(node(Place.NONE, what)).await();
    engine.graph().remove("disk").await();
  }

  @ParameterizedTest
  @ValueSource(strings = {"exception", "error"})
  void inReadAndWrite(String what) throws Exception {
    Map<String, String> before = Images.snapshot(directory);
    for (Place place : List.of(Place.READ, Place.WRITE)) {
      engine.graph().add(node(place, what)).await();
      try (BlockDevice device = Images.writer(engine, "disk")) {
        expected(Images.refused(() -> use(device, place)));
        expected(Images.refused(() -> use(device, place)));
      }
      othersGoOn();
      engine.graph().remove("disk").await();
    }
    assertThat(Images.snapshot(directory)).isEqualTo(before);
  }

  @Test
  void inFlushAlsoWhenTheEngineCloses() {
    engine.graph().add(node(Place.FLUSH, "exception")).await();
    try (BlockDevice device = Images.writer(engine, "disk")) {
      device.write(0, Images.bytes(1, 10));
      expected(Images.refused(device::flush));
    }
    othersGoOn();
    expected(Images.refused(() -> engine.graph().remove("disk").await()));
    expected(Images.refused(engine::close));
  }

  @Test
  void inCloseAndItsFileIsFreeAllTheSame() {
    engine.graph().add(node(Place.CLOSE, "exception")).await();
    expected(Images.refused(() -> engine.graph().remove("disk").await()));
    othersGoOn();
    assertThat(engine.graph().nodes().await()).as("nodes left").isEmpty();
    engine.graph().add(node(Place.NONE, "exception")).await();
    engine.graph().remove("disk").await();
  }

  @Test
  void inPrepareOfAReopen() throws Exception {
    Map<String, String> before = Images.snapshot(directory);
    engine.graph().add(node(Place.PREPARE, "exception")).await();
    NodeDefinition readOnly =
        NodeDefinition.of("test-throwing", "disk")
            .with("in", "prepare")
            .with("file", "disk-file")
            .with("read-only", true);
    expected(Images.refused(() -> engine.graph().reopen(List.of(readOnly)).await()));
    assertThat(engine.graph().node("disk").await().options().readOnly()).isFalse();
    othersGoOn();
    assertThat(Images.snapshot(directory)).isEqualTo(before);
  }

  private static void use(BlockDevice device, Place place) {
    switch (place) {
      case READ -> device.read(0, ByteBuffer.allocate(10));
      case WRITE -> device.write(0, Images.bytes(1, 10));
      case FLUSH -> device.flush();
      case NONE, OPEN, PREPARE, CLOSE -> throw new AssertionError(place);
    }
  }

  private NodeDefinition node(Place place, String what) {
    return NodeDefinition.of("test-throwing", "disk")
        .with("in", place.word())
        .with("what", what)
        .with("file", NodeDefinition.of("file", "disk-file").with("filename", disk.toString()));
  }

  private static void expected(BlockException refusal) {
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(ErrorCode.DRIVER_FAILED);
    assertThat(refusal.getMessage())
        .contains("disk", "test-throwing", ThrowingDriver.MISTAKE)
        .doesNotContain("\n");
  }

  private void othersGoOn() {
    engine
        .graph()
        .add(
            NodeDefinition.of("file", "other")
                .with("filename", other.toString())
                .with("read-only", true))
        .await();
    try (BlockDevice device = Images.reader(engine, "other")) {
      device.read(0, ByteBuffer.allocate(10));
    }
    engine.graph().remove("other").await();
  }
}
