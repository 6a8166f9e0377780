package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.AssertionFailedError;

/** An engine with disks in files, for tests of backups. */
final class Backups implements AutoCloseable {
  static final int CLUSTER = 65536;
  static final int CLUSTERS = 64;
  static final long SIZE = (long) CLUSTERS * CLUSTER;

  final Ashlar engine;
  private final Path dir;

  Backups(Path dir) {
    this(dir, Ashlar.start());
  }

  Backups(Path dir, Ashlar engine) {
    this.dir = dir;
    this.engine = engine;
  }

  Path file(String name) {
    return dir.resolve(name + ".qcow2");
  }

  /** A new image, not opened. */
  void create(String name, long size, Map<String, ?> options) {
    String file = file(name).toString();
    engine.graph().create("file", Map.of("filename", file, "size", 0L)).await();
    Map<String, Object> all = new HashMap<>(options);
    all.put("size", size);
    all.put("file", Map.of("driver", "file", "filename", file));
    engine.graph().create("qcow2", all).await();
  }

  NodeDefinition definition(String name) {
    return NodeDefinition.of("qcow2", name)
        .with(
            "file", NodeDefinition.of(Map.of("driver", "file", "filename", file(name).toString())));
  }

  /** A new image without backing file, open. */
  void disk(String name) {
    create(name, SIZE, Map.of());
    engine.graph().add(definition(name)).await();
  }

  /** A new image over another node, open. */
  void overlay(String name, String backing) {
    create(
        name,
        SIZE,
        Map.of("backing-file", file(backing).getFileName().toString(), "backing-fmt", "qcow2"));
    engine.graph().add(definition(name).with("backing", (Object) backing)).await();
  }

  /** Puts a filter with rules above the file of a new image, and opens it. */
  void faulty(String name, Map<String, ?> rule) {
    disk(name);
    engine
        .graph()
        .insertFilter(
            NodeDefinition.of("blkdebug", name + "-fault")
                .with("image", (Object) name)
                .with("inject-error", List.of(rule)),
            name)
        .await();
  }

  /** A new image, open over a node {@code NAME-faults} that {@link #faults} gives rules. */
  void diskOverFaults(String name) {
    create(name, SIZE, Map.of());
    openOverFaults(name);
  }

  /** An image that exists, open over a node that can be given rules. */
  void openOverFaults(String name) {
    engine
        .graph()
        .add(
            NodeDefinition.of("blkdebug", name + "-faults")
                .with(
                    "image",
                    NodeDefinition.of(Map.of("driver", "file", "filename", file(name).toString()))))
        .await();
    engine
        .graph()
        .add(NodeDefinition.of("qcow2", name).with("file", (Object) (name + "-faults")))
        .await();
  }

  /** Rules of blkdebug for the file of {@link #diskOverFaults}, counting from now. */
  void faults(String name, Map<?, ?>... rules) {
    engine
        .graph()
        .reopen(
            List.of(
                NodeDefinition.of("blkdebug", name + "-faults")
                    .with("inject-error", List.of((Object[]) rules))))
        .await();
  }

  /** A new image for an overlay of another one: open, without backing. */
  void bare(String name, String backing) {
    create(
        name,
        SIZE,
        Map.of("backing-file", file(backing).getFileName().toString(), "backing-fmt", "qcow2"));
    engine.graph().add(definition(name).with("backing", (Object) null)).await();
  }

  BlockDevice writer(String node) {
    return engine.graph().attach(node, DeviceSettings.writer("guest-" + node)).await();
  }

  void write(String node, int cluster, int value) {
    try (BlockDevice device = writer(node)) {
      write(device, cluster, value);
    }
  }

  static void write(BlockDevice device, int cluster, int value) {
    byte[] bytes = new byte[CLUSTER];
    java.util.Arrays.fill(bytes, (byte) value);
    device.write((long) cluster * CLUSTER, ByteBuffer.wrap(bytes));
  }

  byte[] content(String node) {
    try (BlockDevice device =
        engine.graph().attach(node, DeviceSettings.reader("look-" + node)).await()) {
      byte[] bytes = new byte[(int) device.length()];
      device.read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  /** The first byte of each cluster. */
  int[] values(String node) {
    byte[] bytes = content(node);
    int[] values = new int[bytes.length / CLUSTER];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i * CLUSTER];
    }
    return values;
  }

  /** The clusters that a node decides itself. */
  Set<Integer> allocated(String node) {
    Set<Integer> found = new TreeSet<>();
    try (BlockDevice device =
        engine.graph().attach(node, DeviceSettings.reader("status-" + node)).await()) {
      for (long at = 0; at < device.length(); ) {
        BlockStatus status = device.status(at, device.length() - at);
        for (long c = at; status.allocated() && c < at + status.length(); c += CLUSTER) {
          found.add((int) (c / CLUSTER));
        }
        at += status.length();
      }
    }
    return found;
  }

  Set<Integer> dirty(String node, String bitmap) {
    Set<Integer> found = new TreeSet<>();
    DirtyView view = engine.bitmaps().dirty(node, bitmap).await();
    for (DirtyView.Extent extent : ((DirtyView.Exact) view).extents()) {
      for (long c = extent.offset(); c < extent.offset() + extent.length(); c += CLUSTER) {
        found.add((int) (c / CLUSTER));
      }
    }
    return found;
  }

  BitmapInfo bitmap(String node, String name) {
    return engine.bitmaps().list(node).await().stream()
        .filter(info -> info.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  Job start(BackupRequest request) {
    return engine.jobs().backup(request).await();
  }

  long run(BackupRequest request) {
    return start(request).result().await();
  }

  static BlockException refused(ErrorCode code, Runnable call) {
    try {
      call.run();
    } catch (BlockException e) {
      assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
      return e;
    }
    throw new AssertionFailedError("nothing was refused; expected " + code);
  }

  /** Nothing of a job is left in the graph. */
  void assertTidy(String source) {
    assertThat(engine.graph().node(source).await().parents()).isEmpty();
    assertThatThrownBy(() -> engine.graph().node("#backup1").await())
        .isInstanceOf(BlockException.class);
    engine.bitmaps().list(source).await().forEach(info -> assertThat(info.busy()).isFalse());
  }

  /** Runs a QEMU tool and gives what it printed; skips the test where there is none. */
  static String tool(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(out).isZero();
      return out;
    } catch (IOException e) {
      return Assumptions.abort(command[0] + " is not installed");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
