package io.ashlar.examples.embedding;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.BlockGraph;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.OpenImage;
import io.ashlar.engine.api.OpenOptions;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Makes a disk, takes a full backup, lets a guest write, takes an incremental backup, and reads it
 * back: the engine inside a program, without actors, callbacks or processes.
 */
public final class IncrementalBackup {
  private static final long DISK_SIZE = 64L << 20;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Ashlar engine;
  private final Path directory;
  private final PrintStream out;

  private IncrementalBackup(Ashlar engine, Path directory, PrintStream out) {
    this.engine = engine;
    this.directory = directory;
    this.out = out;
  }

  /** Runs it in the directory given, or in a new one. */
  public static void main(String[] arguments) throws Exception {
    Path directory =
        arguments.length > 0
            ? Files.createDirectories(Path.of(arguments[0]))
            : Files.createTempDirectory("ashlar-embedding");
    run(directory, System.out);
  }

  /**
   * Writes {@code disk.qcow2}, {@code full.qcow2} and {@code inc1.qcow2}, the last backed by the
   * one before.
   *
   * @param directory where; none of the files may exist
   */
  public static void run(Path directory, PrintStream out) {
    // close() stores the bitmaps, and throws with the names of those that it could not keep.
    try (Ashlar engine = Ashlar.start()) {
      new IncrementalBackup(engine, directory, out).cycle();
    }
  }

  private void cycle() {
    BlockGraph graph = engine.graph();
    create("disk.qcow2", null);
    graph.add(image("disk", "disk.qcow2")).await();
    engine.bitmaps().add("disk", "backup", Bitmaps.Settings.PERSISTENT).await();

    try (BlockDevice guest = graph.attach("disk", DeviceSettings.writer("guest")).await()) {
      write(guest, 0, 3 << 20, 'a');

      create("full.qcow2", null);
      graph.add(image("full", "full.qcow2")).await();
      backup(BackupRequest.full("disk", "full"));
      engine.bitmaps().clear("disk", "backup").await();
      graph.remove("full").await();

      write(guest, 1 << 20, 200_000, 'b');
      DirtyView dirty = engine.bitmaps().dirty("disk", "backup").await();
      if (dirty instanceof DirtyView.Exact exact) {
        out.println("dirty: " + exact.dirtyBytes() + " bytes in " + exact.extents());
      } else if (dirty instanceof DirtyView.Unusable unusable) {
        throw new IllegalStateException("a full backup is needed: " + unusable.reason());
      }

      create("inc1.qcow2", "full.qcow2");
      graph.add(image("inc1", "inc1.qcow2").with("backing", image("base", "full.qcow2"))).await();
      backup(BackupRequest.incremental("disk", "inc1", "backup"));
      graph.remove("inc1").await();
    }
    compare();
  }

  private void backup(BackupRequest request) {
    Job job = engine.jobs().backup(request).await();
    long copied = job.result().await(PATIENCE);
    out.println(request.target() + ": " + copied + " bytes copied");
  }

  /**
   * Reads the increment through its chain; the plain names in the images mean files in our
   * directory.
   */
  private void compare() {
    OpenOptions reader = new OpenOptions("qcow2", false, directory);
    try (OpenImage increment = engine.open(directory.resolve("inc1.qcow2"), reader).await();
        BlockDevice disk = engine.graph().attach("disk", DeviceSettings.reader("check")).await()) {
      ByteBuffer ours = ByteBuffer.allocateDirect(1 << 20);
      ByteBuffer theirs = ByteBuffer.allocateDirect(1 << 20);
      for (long offset = 0; offset < DISK_SIZE; offset += ours.capacity()) {
        disk.read(offset, ours.clear());
        increment.device().read(offset, theirs.clear());
        if (!ours.flip().equals(theirs.flip())) {
          throw new IllegalStateException("the increment differs from the disk near " + offset);
        }
      }
      out.println("verified");
    }
  }

  private void create(String name, String backing) {
    String path = directory.resolve(name).toString();
    engine.graph().create("file", Map.of("filename", path, "size", 0L)).await();
    Map<String, Object> options =
        new java.util.HashMap<>(
            Map.of("file", Map.of("driver", "file", "filename", path), "size", DISK_SIZE));
    if (backing != null) {
      options.put("backing-file", backing);
      options.put("backing-fmt", "qcow2");
    }
    engine.graph().create("qcow2", options).await();
  }

  private NodeDefinition image(String nodeName, String file) {
    return NodeDefinition.of("qcow2", nodeName)
        .with(
            "file",
            NodeDefinition.of(
                Map.of("driver", "file", "filename", directory.resolve(file).toString())));
  }

  private static void write(BlockDevice guest, long offset, int length, int value) {
    ByteBuffer data = ByteBuffer.allocateDirect(length);
    while (data.hasRemaining()) {
      data.put((byte) value);
    }
    guest.write(offset, data.flip());
  }
}
