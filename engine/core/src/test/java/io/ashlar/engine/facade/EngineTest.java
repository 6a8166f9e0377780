package io.ashlar.engine.facade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.OpenImage;
import io.ashlar.engine.api.OpenOptions;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReport;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine as an embedder sees it, over real files and the real drivers. */
class EngineTest {
  private static final long MIB = 1 << 20;

  @TempDir Path dir;
  private Ashlar engine;

  @BeforeEach
  void start() {
    engine = Ashlar.start();
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  private Path create(String name, long size) {
    Path file = dir.resolve(name);
    engine.graph().create("file", Map.of("filename", file.toString(), "size", 0L)).await();
    engine
        .graph()
        .create(
            "qcow2",
            Map.of("file", Map.of("driver", "file", "filename", file.toString()), "size", size))
        .await();
    return file;
  }

  private NodeDefinition disk(String name, Path file) {
    return NodeDefinition.of("qcow2", name)
        .with("file", NodeDefinition.of(Map.of("driver", "file", "filename", file.toString())));
  }

  private static ByteBuffer filled(int length, int value) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(length);
    while (buffer.hasRemaining()) {
      buffer.put((byte) value);
    }
    return buffer.flip();
  }

  private static int byteAt(BlockDevice device, long offset) {
    ByteBuffer one = ByteBuffer.allocate(1);
    device.read(offset, one);
    return one.get(0);
  }

  @Test
  void whatIsWrittenIsThereAfterCloseAndOpen() {
    Path file = create("a.qcow2", 8 * MIB);
    engine.graph().add(disk("disk", file)).await();
    try (BlockDevice guest =
        engine.graph().attach("disk", DeviceSettings.writer("guest")).await()) {
      guest.write(MIB - 3, filled(100_000, 7));
      guest.flush();
    }
    engine.graph().remove("disk").await();
    assertThat(engine.graph().nodes().await()).isEmpty();

    try (OpenImage again = engine.open(file, OpenOptions.reader("qcow2")).await()) {
      assertThat(byteAt(again.device(), MIB - 4)).isZero();
      assertThat(byteAt(again.device(), MIB - 3)).isEqualTo(7);
      assertThatThrownBy(() -> again.device().write(0, filled(1, 1)))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.READ_ONLY));
    }
  }

  @Test
  void reopenKeepsABitmapRecording() {
    Path file = create("b.qcow2", 8 * MIB);
    engine.graph().add(disk("disk", file)).await();
    engine.bitmaps().add("disk", "b0", Bitmaps.Settings.PERSISTENT).await();
    write("disk", 0);
    for (boolean readOnly : new boolean[] {true, false}) {
      ReopenResult result =
          engine
              .graph()
              .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", readOnly)))
              .await();
      assertThat(result.committed()).isTrue();
      NodeInfo info = engine.graph().node("disk").await();
      assertThat(info.options().readOnly()).isEqualTo(readOnly);
      assertThat(info.bitmaps().get(0).armed()).isEqualTo(!readOnly);
      ImageReport image = engine.inspect(file, "qcow2");
      assertThat(image.bitmaps().get(0).inUse()).isEqualTo(!readOnly);
    }
    write("disk", 4 * MIB);
    DirtyView view = engine.bitmaps().dirty("disk", "b0").await();
    assertThat(view)
        .isEqualTo(
            new DirtyView.Exact(
                List.of(new DirtyView.Extent(0, 65536), new DirtyView.Extent(4 * MIB, 65536)),
                131072));
  }

  private void write(String node, long offset) {
    try (BlockDevice guest = engine.graph().attach(node, DeviceSettings.writer("w")).await()) {
      guest.write(offset, filled(512, 1));
    }
  }

  @Test
  void oneRefusalInATransactionLeavesAllAsTheyWere() {
    for (String name : List.of("one", "two")) {
      engine.graph().add(disk(name, create(name + ".qcow2", MIB))).await();
    }
    try (BlockDevice writer =
        engine.graph().attach("two", DeviceSettings.writer("guest")).await()) {
      assertThatThrownBy(
              () ->
                  engine
                      .graph()
                      .reopen(
                          List.of(
                              NodeDefinition.of("qcow2", "one").with("read-only", true),
                              NodeDefinition.of("qcow2", "two").with("read-only", true)))
                      .await())
          .isInstanceOfSatisfying(
              BlockException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.READ_ONLY);
                assertThat(e.getMessage()).contains("'two'", "'guest'");
              });
      writer.write(0, filled(10, 3));
    }
    assertThat(engine.graph().node("one").await().options().readOnly()).isFalse();
    write("one", 0);
  }

  @Test
  void aFailureInPrepareIsUndone() {
    engine.graph().add(disk("good", create("good.qcow2", MIB))).await();
    Path file = create("ro.qcow2", MIB);
    engine.graph().add(disk("bad", file).with("read-only", true)).await();
    // Another engine holds the file for reading, so that the write lock is refused in prepare.
    try (Ashlar other = Ashlar.start()) {
      other.graph().add(disk("reader", file).with("read-only", true)).await();
      assertThatThrownBy(
              () ->
                  engine
                      .graph()
                      .reopen(
                          List.of(
                              NodeDefinition.of("qcow2", "good").with("read-only", true),
                              NodeDefinition.of("qcow2", "bad").with("read-only", false)))
                      .await())
          .isInstanceOfSatisfying(
              BlockException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.FILE_LOCKED);
                assertThat(e.getMessage()).contains("ro.qcow2");
              });
    }
    assertThat(engine.graph().node("good").await().options().readOnly()).isFalse();
    assertThat(engine.graph().node("bad").await().options().readOnly()).isTrue();
    write("good", 0);
    engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "bad").with("read-only", false)))
        .await();
    write("bad", 0);
  }

  @Test
  void aFilterGoesInAndOutUnderAWritingGuest() throws Exception {
    engine.graph().add(disk("disk", create("c.qcow2", 8 * MIB))).await();
    AtomicBoolean stop = new AtomicBoolean();
    try (BlockDevice guest =
        engine.graph().attach("disk", DeviceSettings.writer("guest")).await()) {
      CompletableFuture<Long> writes =
          CompletableFuture.supplyAsync(
              () -> {
                long count = 0;
                ByteBuffer data = filled(4096, 5);
                while (!stop.get()) {
                  guest.write(count % 2048 * 4096, data.duplicate());
                  count++;
                }
                return count;
              });
      for (int i = 0; i < 5; i++) {
        engine
            .graph()
            .insertFilter(
                NodeDefinition.of("throttle", "slow")
                    .with("throttle-group", "g")
                    .with("limits.bps-total", 1L << 40)
                    .with("file", "disk"),
                "disk")
            .await();
        assertThat(guest.nodeName()).isEqualTo("slow");
        engine.graph().removeFilter("slow").await();
        assertThat(guest.nodeName()).isEqualTo("disk");
      }
      stop.set(true);
      assertThat(writes.get()).isPositive();
      assertThat(byteAt(guest, 0)).isEqualTo(5);
    }
  }

  @Test
  void theSameImageCannotBeOpenedTwiceForWriting() {
    Path file = create("d.qcow2", MIB);
    engine.graph().add(disk("first", file)).await();
    try (Ashlar other = Ashlar.start()) {
      assertThatThrownBy(() -> other.graph().add(disk("second", file)).await())
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FILE_LOCKED));
      assertThat(other.graph().nodes().await()).isEmpty();
    }
    write("first", 0);
  }

  @Test
  void aClosedEngineSaysSo() {
    engine.close();
    engine.close();
    assertThatThrownBy(() -> engine.graph())
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLOSED));
  }

  @Test
  void aRefusedOpenLeavesNothingBehind() throws Exception {
    Path file = Files.writeString(dir.resolve("text"), "no image at all".repeat(100));
    assertThatThrownBy(() -> engine.graph().add(disk("disk", file)).await())
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_FORMAT));
    assertThat(engine.graph().nodes().await()).isEmpty();
    assertThat(Files.readString(file)).startsWith("no image at all");
  }

  @Test
  void resizeTakesTheBitmapsAlong() {
    engine.graph().add(disk("disk", create("e.qcow2", MIB))).await();
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    engine.graph().resize("disk", 4 * MIB, io.ashlar.spi.Preallocation.OFF).await();
    assertThat(engine.graph().node("disk").await().length()).isEqualTo(4 * MIB);
    write("disk", 3 * MIB);
    assertThat(engine.bitmaps().dirty("disk", "b").await())
        .isEqualTo(new DirtyView.Exact(List.of(new DirtyView.Extent(3 * MIB, 65536)), 65536));
  }

  /** QEMU opens no image of 0 bytes in which bitmaps are stored. */
  @Test
  void aDiskWithStoredBitmapsKeepsSomeLength() {
    Path file = create("e0.qcow2", MIB);
    engine.graph().add(disk("disk", file)).await();
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    write("disk", 0);
    assertThatThrownBy(() -> resize("disk", 0)).hasMessageContaining("'b' in an image of 0 bytes");
    assertThat(engine.graph().node("disk").await().length()).isEqualTo(MIB);
    assertThat(engine.bitmaps().dirty("disk", "b").await())
        .isEqualTo(new DirtyView.Exact(List.of(new DirtyView.Extent(0, 65536)), 65536));

    engine.bitmaps().remove("disk", "b").await();
    engine.graph().remove("disk").await();
    engine.graph().add(disk("disk", file)).await();
    engine.bitmaps().add("disk", "t", new Bitmaps.Settings(65536, false, false)).await();
    resize("disk", 0);
    assertThatThrownBy(() -> engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await())
        .hasMessageContaining("'b' in an image of 0 bytes");
    resize("disk", MIB);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
  }

  private void resize(String node, long length) {
    engine.graph().resize(node, length, io.ashlar.spi.Preallocation.OFF).await();
  }

  @Test
  void aDeviceOutlivesItsEngineQuietly() {
    engine.graph().add(disk("disk", create("f.qcow2", MIB))).await();
    BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("guest")).await();
    engine.close();
    assertThatThrownBy(() -> byteAt(guest, 0))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLOSED));
    guest.close();
  }

  @Test
  void settingsMayComeAsAMapAndWrongOnesAreNamed() {
    try (Ashlar other = Ashlar.start(Map.of("limits.graph-depth", 2))) {
      Path file = create("g.qcow2", MIB);
      other.graph().add(disk("disk", file)).await();
      assertThatThrownBy(
              () ->
                  other
                      .graph()
                      .add(
                          NodeDefinition.of("throttle", "top")
                              .with("throttle-group", "g")
                              .with("limits.bps-total", MIB)
                              .with("file", "disk"))
                      .await())
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LIMIT_EXCEEDED));
    }
    assertThatThrownBy(() -> Ashlar.start(Map.of("time-out", "soon")))
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_OPTION);
              assertThat(e.getMessage()).contains("time-out");
            });
  }

  @Test
  void countersTellNodesDevicesAndLatencies() {
    engine.close();
    engine = Ashlar.start(Map.of("latency-histograms", true));
    engine.graph().add(disk("disk", create("h.qcow2", MIB))).await();
    try (BlockDevice guest =
        engine.graph().attach("disk", DeviceSettings.writer("guest")).await()) {
      guest.write(0, filled(4096, 1));
      byteAt(guest, 0);
      byteAt(guest, 1);
      Map<String, Long> values = new java.util.HashMap<>();
      engine.graph().measure((name, tags, value) -> values.put(name + tags.values(), value));
      assertThat(values)
          .containsEntry("ashlar.node.writes[disk]", 1L)
          .containsEntry("ashlar.node.written-bytes[disk]", 4096L)
          .containsEntry("ashlar.node.reads[disk]", 2L)
          .containsEntry("ashlar.device.in-flight[guest]", 0L);
      List<Long> latencies = engine.graph().deviceStatistics().await().get(0).latencies();
      assertThat(latencies.stream().mapToLong(Long::longValue).sum()).isEqualTo(3);
    }
  }
}
