package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static io.ashlar.engine.job.Backups.CLUSTERS;
import static io.ashlar.engine.job.Backups.SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests that write while a backup runs. */
class BackupGuestTest {
  private static final int WRITERS = 4;
  private static final int PIECE = 4096;

  @TempDir Path dir;
  private Backups backups;

  @BeforeEach
  void start() {
    backups = new Backups(dir);
    backups.disk("disk");
  }

  @AfterEach
  void stop() {
    backups.close();
  }

  /** A writer of one part of the disk: its n-th write puts n at a place that n alone decides. */
  private static final class Writer {
    private final int number;
    private final BlockDevice device;
    private final AtomicLong written = new AtomicLong();

    Writer(int number, BlockDevice device) {
      this.number = number;
      this.device = device;
    }

    static long place(int number, long n) {
      int own = CLUSTERS / WRITERS;
      long mixed = (n * 0x9E37_79B9_7F4A_7C15L) >>> 33;
      long cluster = number * (long) own + mixed % own;
      return cluster * CLUSTER + mixed / own % (CLUSTER / PIECE) * PIECE;
    }

    void run(AtomicBoolean stop) {
      ByteBuffer data = ByteBuffer.allocateDirect(PIECE);
      while (!stop.get()) {
        long n = written.get() + 1;
        data.clear();
        while (data.hasRemaining()) {
          data.putLong(n);
        }
        data.flip();
        device.write(place(number, n), data);
        written.set(n);
      }
    }

    /** How many of the writes a copy has; fails when it has a later one and lacks an earlier. */
    long prefixIn(byte[] copy) {
      ByteBuffer bytes = ByteBuffer.wrap(copy);
      long last = 0;
      int from = number * (CLUSTERS / WRITERS) * CLUSTER;
      int to = from + CLUSTERS / WRITERS * CLUSTER;
      for (int at = from; at < to; at += PIECE) {
        last = Math.max(last, bytes.getLong(at));
      }
      byte[] expected = new byte[copy.length];
      ByteBuffer model = ByteBuffer.wrap(expected);
      for (long n = 1; n <= last; n++) {
        int place = (int) place(number, n);
        for (int i = 0; i < PIECE; i += Long.BYTES) {
          model.putLong(place + i, n);
        }
      }
      assertThat(java.util.Arrays.mismatch(expected, from, to, copy, from, to))
          .as("writer %d: the copy is not the disk after its write %d", number, last)
          .isEqualTo(-1);
      return last;
    }
  }

  @Test
  void fullAndIncrementAreMomentsOfADiskThatNeverRests() throws Exception {
    backups.engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    List<Writer> writers = new ArrayList<>();
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    try (BlockDevice guest = backups.writer("disk")) {
      for (int i = 0; i < WRITERS; i++) {
        Writer writer = new Writer(i, guest);
        writers.add(writer);
        ends.add(CompletableFuture.runAsync(() -> writer.run(stop), threads));
      }
      String below = null;
      long[] before = new long[WRITERS];
      for (String target : List.of("full", "inc1", "inc2", "inc3")) {
        long[] least = writers.stream().mapToLong(w -> w.written.get()).toArray();
        if (below == null) {
          backups.disk(target);
          backups.run(
              new BackupRequest(
                  null, "disk", target, Sync.FULL, "b", BitmapMode.ON_SUCCESS, 0, false, false));
        } else {
          backups.overlay(target, below);
          backups.run(BackupRequest.incremental("disk", target, "b"));
        }
        byte[] copy = backups.content(target);
        for (Writer writer : writers) {
          long prefix = writer.prefixIn(copy);
          assertThat(prefix).isGreaterThanOrEqualTo(least[writer.number]);
          assertThat(prefix).isGreaterThanOrEqualTo(before[writer.number]);
          before[writer.number] = prefix;
        }
        below = target;
      }
      stop.set(true);
      for (CompletableFuture<Void> end : ends) {
        end.get(60, TimeUnit.SECONDS);
      }
    } finally {
      stop.set(true);
      threads.shutdown();
    }
    // What came after the last increment is in the bitmap.
    backups.overlay("last", "inc3");
    backups.run(BackupRequest.incremental("disk", "last", "b"));
    assertThat(backups.content("last")).isEqualTo(backups.content("disk"));
    backups.close();
    for (String name : List.of("disk", "full", "inc3", "last")) {
      Backups.tool("qemu-img", "check", backups.file(name).toString());
    }
  }

  /**
   * The guest stops as soon as the job has started: what it wrote between a copy's moment and a
   * later one of the bitmap would be in neither backup. Each write goes to a cluster of its own.
   */
  @Test
  void theBitmapIsCutAtTheMomentOfTheCopy() throws Exception {
    long size = 1024L * CLUSTER;
    for (String name : List.of("big", "full")) {
      backups.create(name, size, Map.of());
      backups.engine.graph().add(backups.definition(name)).await();
    }
    backups.engine.bitmaps().add("big", "b", Bitmaps.Settings.TRANSIENT).await();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong written = new AtomicLong();
    try (BlockDevice guest = backups.writer("big")) {
      CompletableFuture<Void> writes =
          CompletableFuture.runAsync(
              () -> {
                for (long n = 1; !stop.get(); n++) {
                  ByteBuffer data = ByteBuffer.allocate(512).putLong(0, n).clear();
                  guest.write(n * CLUSTER % size, data);
                  written.set(n);
                }
              });
      while (written.get() < 100) {
        Thread.onSpinWait();
      }
      Job job =
          backups.start(
              new BackupRequest(
                  null, "big", "full", Sync.FULL, "b", BitmapMode.ON_SUCCESS, 1, false, false));
      stop.set(true);
      writes.get(60, TimeUnit.SECONDS);
      job.setSpeed(0);
      job.result().await();
    }
    backups.create("inc", size, Map.of("backing-file", "full.qcow2", "backing-fmt", "qcow2"));
    backups.engine.graph().add(backups.definition("inc").with("backing", (Object) "full")).await();
    backups.run(BackupRequest.incremental("big", "inc", "b"));
    assertThat(backups.content("inc")).isEqualTo(backups.content("big"));
  }

  private Job watch(String target, boolean failGuestWrites) {
    return backups.start(
        new BackupRequest("j", "disk", target, Sync.NONE, null, null, 0, false, failGuestWrites));
  }

  @Test
  void syncNoneCopiesWhatIsOverwrittenUntilItIsCancelled() {
    backups.write("disk", 3, 1);
    backups.write("disk", 4, 1);
    backups.disk("t");
    Job job = watch("t", false);
    try (BlockDevice guest = backups.writer("disk")) {
      // A device that comes later is above the filter too.
      assertThat(guest.nodeName()).startsWith("#backup");
      Backups.write(guest, 3, 2);
      guest.discard(4L * CLUSTER, CLUSTER);
      Backups.write(guest, 3, 3);
    }
    job.cancel().await();
    Backups.refused(ErrorCode.CANCELLED, () -> job.result().await());
    assertThat(backups.values("t")[3]).isEqualTo(1);
    assertThat(backups.values("t")[4]).isEqualTo(1);
    assertThat(backups.allocated("t")).containsExactlyInAnyOrder(3, 4);
    backups.assertTidy("disk");
  }

  private Map<String, ?> failAt(int cluster) {
    return Map.of("iotype", "write", "offset", (long) cluster * CLUSTER, "length", (long) CLUSTER);
  }

  @Test
  void aFailingTargetEndsTheJobAndTheGuestGoesOn() {
    backups.write("disk", 3, 1);
    backups.faulty("t", failAt(3));
    Job job = watch("t-fault", false);
    backups.write("disk", 3, 2);
    Backups.refused(ErrorCode.IO_ERROR, () -> job.result().await());
    assertThat(backups.values("disk")[3]).isEqualTo(2);
    backups.assertTidy("disk");
  }

  @Test
  void onRequestAFailingTargetFailsTheGuestsWrite() {
    backups.write("disk", 3, 1);
    backups.write("disk", 4, 1);
    backups.faulty("t", failAt(3));
    Job job = watch("t-fault", true);
    Backups.refused(ErrorCode.IO_ERROR, () -> backups.write("disk", 3, 2));
    assertThat(backups.values("disk")[3]).isEqualTo(1);
    backups.write("disk", 4, 2);
    assertThat(job.status()).isIn(Job.Status.CREATED, Job.Status.RUNNING);
    job.cancel().await();
    backups.write("disk", 3, 2);
    assertThat(backups.values("t")[4]).isEqualTo(1);
  }

  @Test
  void aFilterGoesInAndOutUnderARunningBackup() {
    for (int c = 0; c < 8; c++) {
      backups.write("disk", c, 1 + c);
    }
    byte[] before = backups.content("disk");
    backups.disk("t");
    Job job =
        backups.start(new BackupRequest("j", "disk", "t", Sync.FULL, null, null, 1, false, false));
    NodeDefinition slow =
        NodeDefinition.of("throttle", "slow")
            .with("throttle-group", (Object) "g")
            .with("limits.bps-total", (Object) (1L << 40))
            .with("file", (Object) "disk");
    try (BlockDevice guest = backups.writer("disk")) {
      backups.engine.graph().insertFilter(slow, "disk").await();
      for (int c = 0; c < 8; c++) {
        Backups.write(guest, c, 100);
      }
      job.setSpeed(0);
      job.result().await();
      assertThat(guest.nodeName()).isEqualTo("slow");
      backups.engine.graph().removeFilter("slow").await();
      assertThat(guest.nodeName()).isEqualTo("disk");
    }
    assertThat(backups.content("t")).isEqualTo(before);
    assertThat(job.progress().total()).isLessThan(SIZE);
  }
}
