package io.ashlar.engine.facade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a failing disk does to changes of the graph. The disk is the real file with faults put in
 * front of it.
 */
class EngineFailureTest {
  private static final long MIB = 1 << 20;

  @TempDir Path dir;
  private Ashlar engine;
  private Path file;

  @BeforeEach
  void start() {
    engine = Ashlar.start();
    file = dir.resolve("disk.qcow2");
    engine.graph().create("file", Map.of("filename", file.toString(), "size", 0L)).await();
    engine
        .graph()
        .create(
            "qcow2",
            Map.of("file", Map.of("driver", "file", "filename", file.toString()), "size", MIB))
        .await();
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  /** The image over a node whose faults are set by reopening it. */
  private void open() {
    engine
        .graph()
        .add(
            NodeDefinition.of("blkdebug", "faults")
                .with(
                    "image",
                    NodeDefinition.of(Map.of("driver", "file", "filename", file.toString()))))
        .await();
    engine.graph().add(NodeDefinition.of("qcow2", "disk").with("file", "faults")).await();
    engine.bitmaps().add("disk", "b0", Bitmaps.Settings.PERSISTENT).await();
    write(0);
  }

  private void faults(List<Map<String, Object>> rules) {
    engine
        .graph()
        .reopen(List.of(NodeDefinition.of("blkdebug", "faults").with("inject-error", rules)))
        .await();
  }

  private void write(long offset) {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("w")).await()) {
      guest.write(offset, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      guest.flush();
    }
  }

  private boolean dirty(long offset) {
    return engine.bitmaps().dirty("disk", "b0").await().toString().contains("offset=" + offset);
  }

  @Test
  void aStoreThatFailsRefusesReadOnlyAndTheNodeGoesOnRecording() {
    open();
    faults(List.of(Map.of("iotype", "write", "errno", "EIO")));
    assertThatThrownBy(
            () ->
                engine
                    .graph()
                    .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", true)))
                    .await())
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR));
    assertThat(engine.graph().node("disk").await().options().readOnly()).isFalse();
    faults(List.of());
    write(512 * 1024);
    assertThat(dirty(524288)).isTrue();
    engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", true)))
        .await();
    assertThat(engine.inspect(file, "qcow2").bitmaps().get(0).inUse()).isFalse();
  }

  @Test
  void anArmingThatFailsRefusesReadWriteAndARetrySucceeds() {
    open();
    engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", true)))
        .await();
    faults(List.of(Map.of("iotype", "write", "errno", "EIO")));
    assertThatThrownBy(
            () ->
                engine
                    .graph()
                    .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", false)))
                    .await())
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR));
    assertThat(engine.graph().node("disk").await().options().readOnly()).isTrue();
    assertThat(engine.inspect(file, "qcow2").bitmaps().get(0).inUse()).isFalse();
    faults(List.of());
    engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", false)))
        .await();
    write(512 * 1024);
    assertThat(dirty(524288)).isTrue();
  }

  @Test
  void closingNamesTheBitmapThatCouldNotBeKept() {
    open();
    faults(List.of(Map.of("iotype", "write", "errno", "ENOSPC")));
    assertThatThrownBy(() -> engine.close())
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE);
              assertThat(e.getMessage()).contains("b0");
            });
    // The locks are gone all the same, the image says that its bitmap is out of date, and the
    // journal has what the image lacks.
    try (Ashlar other = Ashlar.start()) {
      assertThat(other.inspect(file, "qcow2").bitmaps().get(0).inUse()).isTrue();
      other
          .graph()
          .add(
              NodeDefinition.of("qcow2", "disk")
                  .with(
                      "file",
                      NodeDefinition.of(Map.of("driver", "file", "filename", file.toString()))))
          .await();
      assertThat(other.graph().node("disk").await().bitmaps().get(0).recovery()).isNotNull();
    }
  }

  @Test
  void aRequestThatDoesNotEndRefusesTheChangeAndGoesOn() throws Exception {
    engine.close();
    HeldFileIo files = new HeldFileIo(new LinuxFileIo());
    engine =
        new EngineBuilder(ConfigFactory.parseString("ashlar.quiesce-time-out = 100ms"))
            .fileIo(files.io())
            .start();
    NodeDefinition disk =
        NodeDefinition.of("qcow2", "disk")
            .with("file", NodeDefinition.of(Map.of("driver", "file", "filename", file.toString())));
    engine.graph().add(disk).await();
    write(0);
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.reader("r")).await()) {
      files.hold();
      CompletableFuture<Void> request =
          CompletableFuture.runAsync(() -> guest.read(0, ByteBuffer.allocate(512)));
      files.awaitHeld();
      assertThatThrownBy(
              () ->
                  engine
                      .graph()
                      .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", true)))
                      .await())
          .isInstanceOfSatisfying(
              BlockException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.TIMED_OUT);
                assertThat(e.getMessage()).contains("'r'", "1 request");
              });
      assertThat(request).isNotDone();
      files.release();
      request.get();
      engine
          .graph()
          .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", true)))
          .await();
    }
  }
}
