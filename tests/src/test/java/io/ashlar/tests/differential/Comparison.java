package io.ashlar.tests.differential;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockStatus;
import io.ashlar.tests.qemu.BitmapSums;
import io.ashlar.tests.qemu.MapExtent;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Looks at twins from every side. Each method returns what differs, or null. */
final class Comparison {
  private static final int READS = 12;
  private static final int MOST_READ = 3 << 20;

  private Comparison() {}

  /** What our node says of itself against what QEMU reads from the flushed file. */
  static String whileOpen(EngineDisk we, Path ours) {
    for (MapExtent extent : MapExtent.of(ours)) {
      long at = extent.start();
      if (at >= we.length()) {
        return "QEMU sees more than our length " + we.length() + ": " + extent;
      }
      while (at < extent.end()) {
        BlockStatus status = we.status(at, extent.end() - at);
        String difference = difference(extent, at, status);
        if (difference != null) {
          return difference;
        }
        at += status.length();
      }
    }
    return null;
  }

  private static String difference(MapExtent extent, long at, BlockStatus status) {
    boolean allocated = extent.present() && extent.depth() == 0;
    boolean same = status.allocated() == allocated;
    if (same && allocated) {
      // QEMU adds that data is zero where the file below has a hole; a node speaks for itself.
      same =
          status.data() == extent.data()
              && (extent.data() || status.zero() == extent.zero())
              && status.compressed() == extent.compressed();
      if (same && extent.data() && extent.offset() >= 0) {
        same = status.hostOffset() == extent.offset() + at - extent.start();
      }
    }
    return same && status.length() > 0 ? null : "status at " + at + ": " + status + ", " + extent;
  }

  /** The two closed images. */
  static String afterClose(Plan plan, Ashlar engine, Path ours, Path theirs, Path directory) {
    String difference = contents(ours, theirs);
    difference = difference != null ? difference : maps(ours, theirs);
    difference = difference != null ? difference : bitmaps(plan, engine, ours, theirs);
    return difference != null ? difference : ourReads(plan, engine, ours, theirs, directory);
  }

  /** What {@code qemu-img check} finds in a closed image. */
  static String checked(Path image) {
    QemuTools.Outcome check = QemuTools.outcome("qemu-img", "check", "-f", "qcow2", image);
    return check.exit() == 0 ? null : "qemu-img check says " + check.text();
  }

  private static String contents(Path ours, Path theirs) {
    QemuTools.Outcome compare =
        QemuTools.outcome("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", ours, theirs);
    return compare.exit() == 0 ? null : "qemu-img compare says " + compare.text();
  }

  private static String maps(Path ours, Path theirs) {
    List<MapExtent> our = MapExtent.withoutOffsets(MapExtent.of(ours));
    List<MapExtent> their = MapExtent.withoutOffsets(MapExtent.of(theirs));
    for (int i = 0; i < Math.max(our.size(), their.size()); i++) {
      MapExtent one = i < our.size() ? our.get(i) : null;
      MapExtent other = i < their.size() ? their.get(i) : null;
      if (one == null || !one.equals(other)) {
        return "block status: ours " + one + ", QEMU's " + other;
      }
    }
    return null;
  }

  private static String bitmaps(Plan plan, Ashlar engine, Path ours, Path theirs) {
    if (plan.cell().bitmap() == Cell.Bitmap.NO) {
      return null;
    }
    List<String> all = new ArrayList<>(BitmapSums.of(Twins.BITMAP, ours, theirs));
    List<BitmapInfo> infos = new ArrayList<>();
    for (Path image : List.of(ours, theirs)) {
      try (Loaded loaded = new Loaded(engine, image, null)) {
        infos.addAll(engine.bitmaps().list(loaded.node).await());
        all.add(engine.bitmaps().sha256(loaded.node, Twins.BITMAP).await());
        all.add(engine.bitmaps().dirty(loaded.node, Twins.BITMAP).await().toString());
      }
    }
    // QEMU of ours, QEMU of its own, we of ours (sum, extents), we of QEMU's (sum, extents)
    boolean equal =
        all.get(0).equals(all.get(1))
            && all.get(0).equals(all.get(2))
            && all.get(0).equals(all.get(4))
            && all.get(3).equals(all.get(5))
            && infos.size() == 2
            && infos.get(0).equals(infos.get(1));
    return equal ? null : "bitmaps: " + all + " " + infos;
  }

  /** Large reads of ours against the twin's content. */
  private static String ourReads(Plan plan, Ashlar engine, Path ours, Path theirs, Path directory) {
    Path raw = directory.resolve("theirs.raw");
    try {
      QemuTools.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", theirs, raw);
      try (Loaded loaded = new Loaded(engine, ours, plan.backingLength() == 0 ? null : plan);
          FileChannel channel = FileChannel.open(raw, StandardOpenOption.READ)) {
        return loaded.differenceFrom(channel, MapExtent.of(theirs), new Random(plan.seed() + 2));
      } finally {
        Files.deleteIfExists(raw);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An image in our engine, read-only. */
  private static final class Loaded implements AutoCloseable {
    private final Ashlar engine;
    private final String node = "loaded" + Thread.currentThread().getId();
    private final BlockDevice device;

    /** Opens with the plan's backing image, or with none. */
    Loaded(Ashlar engine, Path image, Plan backed) {
      this.engine = engine;
      NodeDefinition definition =
          NodeDefinition.of("qcow2", node)
              .with("read-only", true)
              .with("file", EngineDisk.file(node + "-file", image).with("read-only", true));
      if (backed == null) {
        definition = definition.with("backing", (Object) null);
      } else {
        NodeDefinition file =
            EngineDisk.file(node + "-below", image.resolveSibling("backing"))
                .with("read-only", true);
        definition =
            definition.with(
                "backing",
                NodeDefinition.of(backed.rawBacking() ? "raw" : "qcow2", node + "-backing")
                    .with("read-only", true)
                    .with("file", file));
      }
      engine.graph().add(definition).await();
      device = engine.graph().attach(node, DeviceSettings.reader(node + "-user")).await();
    }

    String differenceFrom(FileChannel raw, List<MapExtent> map, Random random) throws IOException {
      if (device.length() != raw.size()) {
        return "lengths: ours " + device.length() + ", QEMU's " + raw.size();
      }
      for (int i = 0; i < READS; i++) {
        long offset = (long) (random.nextDouble() * raw.size());
        String difference = compare(raw, offset, 1 + random.nextInt(MOST_READ));
        if (difference != null) {
          return difference;
        }
      }
      for (MapExtent extent : map) {
        for (long at = extent.start(); extent.data() && at < extent.end(); at += MOST_READ) {
          String difference = compare(raw, at, Math.min(MOST_READ, extent.end() - at));
          if (difference != null) {
            return difference;
          }
        }
      }
      return null;
    }

    private String compare(FileChannel raw, long offset, long wanted) throws IOException {
      int length = (int) Math.min(wanted, raw.size() - offset);
      ByteBuffer our = ByteBuffer.allocate(length);
      ByteBuffer their = ByteBuffer.allocate(length);
      device.read(offset, our);
      while (their.hasRemaining() && raw.read(their, offset + their.position()) >= 0) {
        // until the range is full
      }
      int at = our.flip().mismatch(their.flip());
      return at < 0 ? null : "content at " + (offset + at) + " in a read of " + length;
    }

    @Override
    public void close() {
      device.close();
      engine.graph().remove(node).await();
    }
  }
}
