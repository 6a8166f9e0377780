package io.ashlar.engine.facade;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.NodeEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal of an image that is a copy, made after a crash, with the journal beside it. */
class JournalOfACopyTest {
  private static final String SUFFIX = ".ashlar-journal";

  @TempDir Path dir;
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private Path image;
  private Ashlar engine;

  @BeforeEach
  void start() {
    image = dir.resolve("a.qcow2");
    engine = Ashlar.start(Map.of());
    engine.onEvent(
        Runnable::run,
        event -> {
          if (event instanceof Event.FromNode from
              && from.event() instanceof NodeEvent.Warning warning) {
            warnings.add(warning.message());
          }
        });
    engine.graph().create("file", Map.of("filename", image.toString(), "size", 0L)).await();
    engine.graph().create("qcow2", Map.of("file", file(), "size", 8L << 20)).await();
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  private Map<String, Object> file() {
    return Map.of("driver", "file", "filename", image.toString());
  }

  private void open(boolean trusting) {
    engine
        .graph()
        .add(
            NodeDefinition.of("qcow2", "disk")
                .with("file", NodeDefinition.of(file()))
                .with("trust-copied-image", trusting))
        .await();
  }

  private void close() {
    engine.graph().remove("disk").await();
  }

  private void write() {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("w")).await()) {
      guest.write(0, ByteBuffer.allocate(512));
    }
  }

  private Path journal() {
    return image.resolveSibling(image.getFileName() + SUFFIX);
  }

  private void copy(String name) throws IOException {
    Path copy = Files.copy(image, dir.resolve(name));
    Files.copy(journal(), dir.resolve(name + SUFFIX));
    image = copy;
  }

  /** A crash without a process that dies: everything closed, and then the files as they were. */
  private void crash() throws IOException {
    byte[] disk = Files.readAllBytes(image);
    byte[] kept = Files.readAllBytes(journal());
    close();
    Files.write(image, disk);
    Files.write(journal(), kept);
  }

  private BitmapInfo bitmap() {
    return engine.bitmaps().list("disk").await().get(0);
  }

  @Test
  void aJournalThatWasAcceptedForACopyStaysTheCopys() throws IOException {
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    write();
    crash();
    copy("copy.qcow2");
    open(true);
    assertThat(bitmap().inconsistent()).as(bitmap().reason()).isFalse();
    write();
    close();
    for (int i = 0; i < 2; i++) {
      open(false);
      assertThat(bitmap().inconsistent()).as(bitmap().reason()).isFalse();
      write();
      crash();
      open(false);
      assertThat(bitmap().inconsistent()).as(bitmap().reason()).isFalse();
      assertThat(bitmap().dirtyBytes()).isPositive();
      close();
    }
    assertThat(warnings).isEmpty();
    copy("another.qcow2");
    open(false);
    close();
    assertThat(warnings).singleElement().asString().contains("belongs to another image");
  }
}
