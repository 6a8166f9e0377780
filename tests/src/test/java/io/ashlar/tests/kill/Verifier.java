package io.ashlar.tests.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Opens an image that a killed process left and judges its bitmaps by content: what differs from
 * the copy of the moment when a bitmap was last cleared must be dirty in it.
 */
final class Verifier {
  private static final long REGION = 1 << 20;
  private static final int SECTOR = 512;
  private static final int OPERATIONS_AFTERWARDS = 50;

  private final Ashlar engine;
  private final Path image;
  private final Map<String, Path> baselines;
  private int recovered;
  private int refused;
  private long differing;
  private long overApproximated;

  /**
   * A judge.
   *
   * @param baselines the content, as a raw file, when each bitmap was last cleared
   */
  Verifier(Ashlar engine, Path image, Map<String, Path> baselines) {
    this.engine = engine;
    this.image = image;
    this.baselines = new TreeMap<>(baselines);
  }

  /** Adds the bitmaps and takes the copies; the image has none. */
  void begin() throws IOException {
    engine.graph().add(Disk.qcow2(image)).await();
    addBitmaps();
    engine.graph().remove(Disk.NODE).await();
    copy();
  }

  private void addBitmaps() {
    Bitmaps bitmaps = engine.bitmaps();
    bitmaps.add(Disk.NODE, Disk.BACKED_UP, new Bitmaps.Settings(1 << 16, true, false)).await();
    bitmaps.add(Disk.NODE, Disk.NEVER_CLEARED, new Bitmaps.Settings(1 << 12, true, false)).await();
  }

  private void copy() throws IOException {
    for (Path baseline : baselines.values()) {
      Files.deleteIfExists(baseline);
      QemuTools.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, baseline);
    }
  }

  /**
   * Judges; afterwards the image is closed and its bitmaps are good.
   *
   * @param armed the image said IN_USE when the process was dead
   * @param between what happened since
   */
  void judge(boolean armed, Between between, SplittableRandom random) throws IOException {
    engine.graph().add(Disk.qcow2(image)).await();
    boolean lost = between.losesBitmaps(armed);
    try (BlockDevice guest = Disk.guest(engine)) {
      for (String name : baselines.keySet()) {
        BitmapInfo info = info(name);
        if (lost) {
          assertRefused(info);
        } else {
          assertThat(info.inconsistent()).as("%s", info).isFalse();
          assertThat(info.recording()).as("%s", info).isTrue();
          assertThat(info.recovery() != null).as("recovered: %s", info).isEqualTo(armed);
          assertCovers(info, guest);
        }
      }
      for (int i = 0; i < OPERATIONS_AFTERWARDS; i++) {
        Disk.work(guest, random);
      }
      for (String name : lost ? List.<String>of() : baselines.keySet()) {
        assertCovers(info(name), guest);
      }
    }
    if (lost) {
      engine.bitmaps().list(Disk.NODE).await().stream()
          .map(BitmapInfo::name)
          .forEach(name -> engine.bitmaps().remove(Disk.NODE, name).await());
      addBitmaps();
    }
    engine.graph().remove(Disk.NODE).await();
    if (lost) {
      copy();
    }
    String info = QemuTools.run("qemu-img", "info", "-f", "qcow2", image);
    assertThat(info).contains(baselines.keySet()).doesNotContain("in-use", "ashlar");
    assertThat(QemuTools.outcome("qemu-img", "check", "-f", "qcow2", image).exit())
        .as("whole, but for leaks")
        .isIn(0, 3);
  }

  private BitmapInfo info(String name) {
    return engine.bitmaps().list(Disk.NODE).await().stream()
        .filter(bitmap -> bitmap.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("bitmap " + name + " is gone"));
  }

  private void assertRefused(BitmapInfo info) {
    assertThat(info.inconsistent()).as("%s", info).isTrue();
    assertThat(info.reason()).contains("full backup");
    assertThat(engine.bitmaps().dirty(Disk.NODE, info.name()).await())
        .isInstanceOf(DirtyView.Unusable.class);
    refused++;
  }

  private void assertCovers(BitmapInfo info, BlockDevice guest) throws IOException {
    TreeMap<Long, Long> dirty = new TreeMap<>();
    DirtyView view = engine.bitmaps().dirty(Disk.NODE, info.name()).await();
    for (DirtyView.Extent extent : ((DirtyView.Exact) view).extents()) {
      dirty.put(extent.offset(), extent.offset() + extent.length());
    }
    if (info.recovery() != null) {
      long added = info.recovery().overApproximatedBytes();
      assertThat(added).isBetween(0L, Places.count() * REGION);
      overApproximated += added;
      recovered++;
    }
    ByteBuffer now = ByteBuffer.allocate(Places.LENGTH);
    ByteBuffer then = ByteBuffer.allocate(Places.LENGTH);
    try (FileChannel baseline = FileChannel.open(baselines.get(info.name()))) {
      for (int place = 0; place < Places.count(); place++) {
        long offset = Places.offset(place);
        guest.read(offset, now.clear());
        then.clear();
        while (then.hasRemaining() && baseline.read(then, offset + then.position()) > 0) {
          // to the end
        }
        for (int at = 0; at < Places.LENGTH; at += SECTOR) {
          if (!now.slice(at, SECTOR).equals(then.slice(at, SECTOR))) {
            differing++;
            Map.Entry<Long, Long> extent = dirty.floorEntry(offset + at);
            assertThat(extent != null && extent.getValue() > offset + at)
                .as("MISS: %s lacks %s, which differs from the copy", info, offset + at)
                .isTrue();
          }
        }
      }
    }
  }

  /** What was judged so far. */
  @Override
  public String toString() {
    return recovered
        + " bitmaps recovered (with "
        + (recovered == 0 ? 0 : overApproximated / recovered >> 20)
        + " MiB too many on average), "
        + refused
        + " refused, "
        + differing
        + " sectors differed and were dirty, 0 misses";
  }

  int recovered() {
    return recovered;
  }

  int refused() {
    return refused;
  }
}
