package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static io.ashlar.engine.job.Backups.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of an engine: several, refused ones, and an engine that is closed meanwhile. */
class BackupControlTest {
  @TempDir Path dir;
  private Backups backups;

  @BeforeEach
  void start() {
    backups = new Backups(dir, Ashlar.start(ConfigFactory.parseString("ashlar.threads.jobs = 2")));
    backups.disk("disk");
    backups.engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    for (int c = 0; c < 8; c++) {
      backups.write("disk", c, 1 + c);
    }
    backups.disk("t");
  }

  @AfterEach
  void stop() {
    backups.close();
  }

  private static BackupRequest request(
      String source, String target, Sync sync, String bitmap, BitmapMode mode) {
    return new BackupRequest(null, source, target, sync, bitmap, mode, 0, false, false);
  }

  private static BackupRequest slow(String id, String source, String target) {
    return new BackupRequest(id, source, target, Sync.FULL, null, null, 1, false, false);
  }

  private BlockException refusedStart(ErrorCode code, BackupRequest request) {
    BlockException e = refused(code, () -> backups.start(request));
    assertThat(e.getMessage()).doesNotContain("\n");
    backups.assertTidy("disk");
    assertThat(backups.engine.jobs().list()).isEmpty();
    return e;
  }

  @Test
  void argumentsThatDoNotGoTogetherAreRefused() {
    for (Sync sync : List.of(Sync.INCREMENTAL, Sync.BITMAP)) {
      refusedStart(ErrorCode.INVALID_OPTION, request("disk", "t", sync, null, null));
    }
    for (BitmapMode mode : List.of(BitmapMode.NEVER, BitmapMode.ALWAYS)) {
      refusedStart(ErrorCode.INVALID_OPTION, request("disk", "t", Sync.INCREMENTAL, "b", mode));
    }
    for (Sync sync : List.of(Sync.BITMAP, Sync.FULL, Sync.TOP)) {
      refusedStart(ErrorCode.INVALID_OPTION, request("disk", "t", sync, "b", null));
    }
    for (Sync sync : Sync.values()) {
      refusedStart(
          ErrorCode.INVALID_OPTION, request("disk", "t", sync, null, BitmapMode.ON_SUCCESS));
    }
    for (Sync sync : List.of(Sync.FULL, Sync.TOP)) {
      refusedStart(ErrorCode.INVALID_OPTION, request("disk", "t", sync, "b", BitmapMode.NEVER));
    }
    refusedStart(
        ErrorCode.INVALID_OPTION, request("disk", "t", Sync.NONE, "b", BitmapMode.ON_SUCCESS));
    refusedStart(ErrorCode.INVALID_OPTION, BackupRequest.full("disk", "disk"));
  }

  @Test
  void nodesAndBitmapsThatDoNotFitAreRefused() {
    refusedStart(ErrorCode.NODE_NOT_FOUND, BackupRequest.full("disk", "nobody"));
    refusedStart(ErrorCode.NODE_NOT_FOUND, BackupRequest.full("nobody", "t"));
    refusedStart(ErrorCode.BITMAP_NOT_FOUND, BackupRequest.incremental("disk", "t", "c"));
    backups.create("small", CLUSTER, Map.of());
    backups.engine.graph().add(backups.definition("small")).await();
    assertThat(refusedStart(ErrorCode.INVALID_REQUEST, BackupRequest.full("disk", "small")))
        .hasMessageContaining("'small' has 65536 bytes");
    backups.create("locked", Backups.SIZE, Map.of());
    backups.engine.graph().add(backups.definition("locked").with("read-only", true)).await();
    assertThat(refusedStart(ErrorCode.READ_ONLY, BackupRequest.full("disk", "locked")))
        .hasMessageContaining("'locked' is read-only");
    try (BlockDevice other = backups.writer("t")) {
      assertThat(refusedStart(ErrorCode.PERMISSION_CONFLICT, BackupRequest.full("disk", "t")))
          .hasMessageContaining("'" + other.name() + "'");
    }
    backups
        .engine
        .graph()
        .add(
            io.ashlar.engine.api.NodeDefinition.of("null-co", "nothing")
                .with("size", (Object) Backups.SIZE))
        .await();
    refusedStart(
        ErrorCode.NOT_SUPPORTED,
        new BackupRequest(null, "disk", "nothing", Sync.FULL, null, null, 0, true, false));
  }

  @Test
  void aSourceIsCopiedByOneJobAndASecondOneIsRefused() {
    Job first = backups.start(slow("first", "disk", "t"));
    backups.disk("u");
    assertThat(refused(ErrorCode.NODE_IN_USE, () -> backups.start(slow("x", "disk", "u"))))
        .hasMessageContaining("'disk'");
    refused(ErrorCode.PERMISSION_CONFLICT, () -> backups.start(slow("x", "u", "t")));
    refused(ErrorCode.JOB_EXISTS, () -> backups.start(slow("first", "u", "disk")));
    refused(ErrorCode.JOB_NOT_FOUND, () -> backups.engine.jobs().get("x"));
    refused(ErrorCode.NODE_IN_USE, () -> backups.engine.graph().remove("disk").await());
    refused(ErrorCode.NODE_IN_USE, () -> backups.engine.graph().remove("t").await());
    assertThat(backups.engine.jobs().list()).containsExactly(first);
    first.cancel().await();
    // The same names again, now that the first job has ended.
    backups.run(new BackupRequest("first", "disk", "t", Sync.FULL, null, null, 0, false, false));
  }

  @Test
  void aHeldBitmapIsBusy() {
    Job job =
        backups.start(
            new BackupRequest("j", "disk", "t", Sync.INCREMENTAL, "b", null, 1, false, false));
    refused(ErrorCode.BITMAP_BUSY, () -> backups.engine.bitmaps().clear("disk", "b").await());
    refused(ErrorCode.BITMAP_BUSY, () -> backups.engine.bitmaps().remove("disk", "b").await());
    job.cancel().await();
    backups.engine.bitmaps().clear("disk", "b").await();
  }

  @Test
  void jobsOnDifferentNodesRunTogetherUpToTheLimit() {
    backups.disk("disk2");
    backups.disk("t2");
    backups.disk("disk3");
    backups.disk("t3");
    for (int c = 0; c < 8; c++) {
      backups.write("disk2", c, 1);
      backups.write("disk3", c, 1);
    }
    Job one = backups.start(slow(null, "disk", "t"));
    Job two = backups.start(slow(null, "disk2", "t2"));
    refused(ErrorCode.LIMIT_EXCEEDED, () -> backups.start(slow(null, "disk3", "t3")));
    assertThat(backups.engine.graph().node("disk3").await().parents()).isEmpty();
    assertThat(backups.engine.jobs().list()).containsExactly(one, two);
    refused(ErrorCode.JOB_STATE, () -> backups.engine.jobs().dismiss("disk"));
    for (Job job : List.of(one, two)) {
      job.setSpeed(0);
      job.result().await();
      assertThat(backups.engine.jobs().get(job.id())).isSameAs(job);
      backups.engine.jobs().dismiss(job.id());
    }
    assertThat(backups.engine.jobs().list()).isEmpty();
    assertThat(backups.content("t")).isEqualTo(backups.content("disk"));
  }

  @Test
  @SuppressWarnings("try") // the subscription is held, not used
  void aPausedJobCopiesNothingAndTellsSo() throws Exception {
    BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    try (AutoCloseable subscription = backups.engine.onEvent(Runnable::run, events::add)) {
      Job job = backups.start(slow("j", "disk", "t"));
      job.pause().await();
      assertThat(job.status()).isEqualTo(Job.Status.PAUSED);
      Job.Progress before = job.progress();
      job.setSpeed(0);
      assertThat(job.progress()).isEqualTo(before);
      // While it is paused the guest still has its old content saved.
      backups.write("disk", 7, 99);
      job.resume().await();
      CompletableFuture<Job.Progress> last = new CompletableFuture<>();
      job.onProgress(
          Duration.ZERO,
          Runnable::run,
          p -> {
            if (p.current() == p.total()) {
              last.complete(p);
            }
          });
      assertThat(job.result().await()).isEqualTo(last.get(60, TimeUnit.SECONDS).total());
    }
    assertThat(backups.values("t")[7]).isEqualTo(8);
    assertThat(events)
        .contains(
            new Event.JobStatusChanged("j", Job.Status.RUNNING),
            new Event.JobStatusChanged("j", Job.Status.PAUSED),
            new Event.JobStatusChanged("j", Job.Status.CONCLUDED));
  }

  @Test
  void aWriterCannotGoAroundTheFilter() {
    Job job = backups.start(slow("j", "disk", "t"));
    try (BlockDevice guest =
        backups.engine.graph().attach("disk", DeviceSettings.writer("late")).await()) {
      assertThat(guest.nodeName()).startsWith("#backup");
      // More is left for the job than its threads copy before they wait, so that it goes on.
      guest.discard(0, 3 * CLUSTER);
      Backups.write(guest, 6, 77);
    }
    refused(
        ErrorCode.PERMISSION_CONFLICT,
        () -> {
          backups
              .engine
              .graph()
              .add(
                  io.ashlar.engine.api.NodeDefinition.of("raw", "around")
                      .with("file", (Object) "disk"))
              .await();
        });
    job.setSpeed(0);
    job.result().await();
    int[] copied = backups.values("t");
    for (int c = 0; c < 8; c++) {
      assertThat(copied[c]).isEqualTo(1 + c);
    }
  }

  @Test
  void anEngineThatIsClosedCancelsItsJobsAndKeepsTheBitmap() {
    Job job =
        backups.start(
            new BackupRequest("j", "disk", "t", Sync.INCREMENTAL, "b", null, 1, false, false));
    backups.write("disk", 20, 1);
    backups.close();
    assertThat(job.status()).isEqualTo(Job.Status.CONCLUDED);
    try (Backups again = new Backups(dir)) {
      again.engine.graph().add(again.definition("disk")).await();
      assertThat(again.dirty("disk", "b")).isEqualTo(Set.of(0, 1, 2, 3, 4, 5, 6, 7, 20));
    }
  }
}
