package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.facade.EngineBuilder;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.system.SystemClock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The eight nodes of row S8: a throttled qcow2 that a reopen makes read-only, a qcow2 that it makes
 * writable, and a raw disk under a filter whose options it changes. Both qcow2 have a bitmap.
 */
final class EightNodes implements AutoCloseable {
  static final long MIB = 1 << 20;
  static final List<String> NAMES =
      List.of("file-a", "disk-a", "slow", "file-b", "disk-b", "file-c", "raw-c", "filter-c");

  private final Path dir;
  final DriverFaults faults = new DriverFaults();
  final ActorDeaths deaths = new ActorDeaths();
  final Ashlar engine;
  final ManualTimers timers;
  private final AtomicLong clockAhead = new AtomicLong();
  private long written;

  EightNodes(Path dir, ChangeRules rules) {
    this.dir = dir;
    engine =
        new EngineBuilder(
                ConfigFactory.parseMap(
                    Map.of(
                        "ashlar.akka.scheduler.implementation",
                        ManualTimers.class.getName(),
                        "ashlar.akka.loglevel",
                        "OFF",
                        "ashlar.time-out",
                        "20s")))
            .drivers(faults::around)
            .around(deaths)
            .rules(rules)
            .clock(
                new Clock() {
                  @Override
                  public long nanoTime() {
                    return SystemClock.INSTANCE.nanoTime() + clockAhead.get();
                  }

                  @Override
                  public long currentTimeMillis() {
                    return SystemClock.INSTANCE.currentTimeMillis();
                  }
                })
            .start();
    timers = ManualTimers.latest();
    build();
  }

  private void build() {
    for (String name : List.of("a", "b")) {
      image(name);
      engine.graph().add(file(name)).await();
      engine.graph().add(qcow2(name, false)).await();
      engine.bitmaps().add("disk-" + name, "bm", Bitmaps.Settings.PERSISTENT).await();
      write("disk-" + name, 0);
    }
    engine.graph().reopen(List.of(qcow2("b", true), file("b").with("read-only", true))).await();
    engine.graph().add(slow(false, 1L << 40)).await();
    engine
        .graph()
        .create("file", Map.of("filename", path("c").toString(), "size", 8 * MIB))
        .await();
    engine.graph().add(file("c")).await();
    engine.graph().add(NodeDefinition.of("raw", "raw-c").with("file", "file-c")).await();
    engine.graph().add(NodeDefinition.of("copy-on-read", "filter-c").with("file", "raw-c")).await();
  }

  /** A new image of 8 MiB. */
  Path emptyImage(String name) {
    image(name);
    return path(name);
  }

  private void image(String name) {
    engine.graph().create("file", Map.of("filename", path(name).toString(), "size", 0L)).await();
    engine
        .graph()
        .create(
            "qcow2",
            Map.of(
                "file",
                Map.of("driver", "file", "filename", path(name).toString()),
                "size",
                8 * MIB))
        .await();
  }

  Path path(String name) {
    return dir.resolve(name);
  }

  private NodeDefinition file(String name) {
    return NodeDefinition.of("file", "file-" + name).with("filename", path(name).toString());
  }

  private static NodeDefinition qcow2(String name, boolean readOnly) {
    return NodeDefinition.of("qcow2", "disk-" + name)
        .with("file", "file-" + name)
        .with("read-only", readOnly);
  }

  private static NodeDefinition slow(boolean readOnly, long limit) {
    return NodeDefinition.of("throttle", "slow")
        .with("file", "disk-a")
        .with("throttle-group", "g")
        .with("limits.bps-total", limit)
        .with("read-only", readOnly);
  }

  /** The change of all eight, or back. */
  Reply<ReopenResult> reopen(boolean back) {
    clockAhead.addAndGet(Duration.ofSeconds(11).toNanos());
    return engine
        .graph()
        .reopen(
            List.of(
                NodeDefinition.of("copy-on-read", "filter-c")
                    .with("file", "raw-c")
                    .with("detect-zeroes", back ? "off" : "on"),
                file("b").with("read-only", back),
                qcow2("a", !back),
                NodeDefinition.of("raw", "raw-c")
                    .with("file", "file-c")
                    .with("detect-zeroes", back ? "off" : "on"),
                slow(!back, back ? 1L << 40 : 1L << 41),
                file("a").with("read-only", !back),
                qcow2("b", back),
                file("c").with("discard", back ? "ignore" : "unmap")));
  }

  /** Options of all nodes, and what their bitmaps are. */
  Map<String, Object> state() {
    Map<String, Object> state = new LinkedHashMap<>();
    for (String name : NAMES) {
      NodeInfo info = engine.graph().node(name).await();
      NodeOptions options = info.options();
      state.put(name, List.of(options, info.arguments(), info.children()));
      for (BitmapInfo bitmap : info.bitmaps()) {
        state.put(
            name + "/" + bitmap.name(),
            List.of(bitmap.recording(), bitmap.busy(), bitmap.persistent(), bitmap.inconsistent()));
      }
    }
    return state;
  }

  void write(String node, long offset) {
    try (BlockDevice guest = engine.graph().attach(node, DeviceSettings.writer("w")).await()) {
      guest.write(offset, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      guest.flush();
    }
  }

  /**
   * Everything works as the options say: what is writable takes a write and records it, what is
   * read-only refuses one and is sealed in its image.
   */
  void works(boolean changed) {
    write("filter-c", 0);
    String writable = changed ? "disk-b" : "slow";
    String recorder = changed ? "disk-b" : "disk-a";
    String readOnly = changed ? "slow" : "disk-b";
    engine.bitmaps().clear(recorder, "bm").await();
    written = (written + 1) % 120;
    write(writable, written * 65536);
    assertThat(recorded(recorder, written * 65536))
        .as("the write at cluster %d of %s is recorded", written, recorder)
        .isTrue();
    assertThat(inUse(changed ? "b" : "a")).as("IN_USE of the writable image").isTrue();
    assertThat(inUse(changed ? "a" : "b")).as("IN_USE of the read-only image").isFalse();
    try (BlockDevice guest = engine.graph().attach(readOnly, DeviceSettings.reader("r")).await()) {
      guest.read(0, ByteBuffer.allocate(512));
    }
    try {
      write(readOnly, 0);
      throw new AssertionError(readOnly + " took a write");
    } catch (BlockException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.READ_ONLY);
    }
    assertThat(faults.openSteps()).as("steps neither committed nor aborted").isZero();
    assertThat(faults.drainsBalance()).as("drains begun and ended").isTrue();
  }

  private boolean recorded(String node, long offset) {
    DirtyView view = engine.bitmaps().dirty(node, "bm").await();
    return view instanceof DirtyView.Exact exact
        && exact.extents().stream()
            .anyMatch(e -> e.offset() <= offset && offset < e.offset() + e.length());
  }

  /** What the image says, read beside the engine. */
  boolean inUse(String name) {
    return engine.inspect(path(name), "qcow2").bitmaps().get(0).inUse();
  }

  @Override
  public void close() {
    faults.clear();
    deaths.clear();
    faults.release();
    engine.close();
  }
}
