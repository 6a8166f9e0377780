package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Job.Progress;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which jobs are listed, and for how long. */
class JobListTest {
  @TempDir Path dir;
  private final JobList jobs = new JobList(SystemWaits.INSTANCE);

  private static final class Direct implements ReplyMaker {
    @Override
    public <T> Reply<T> reply(String what, Supplier<CompletionStage<T>> call) {
      return new Reply<>(call.get(), what, Duration.ofSeconds(1));
    }
  }

  private static JobCore job(String id, boolean autoDismiss) {
    return new JobCore(
        new JobCore.Identity(id, "backup", autoDismiss),
        0,
        () -> new Progress(0, 0),
        new JobCore.Setting(SystemWaits.INSTANCE, SystemClock.INSTANCE, event -> {}, new Direct()));
  }

  private JobCore added(String id) {
    JobCore job = job(id, false);
    jobs.add(job);
    return job;
  }

  private static void end(JobCore job) {
    job.conclude(new Progress(0, 0), null, null);
  }

  @Test
  void aThousandEndedJobsAreKeptAndEveryOneThatRuns() {
    JobCore first = added("first"); // older than all, and still running
    for (int i = 0; i < JobList.KEPT; i++) {
      end(added("j" + i));
    }
    added("last");
    assertThat(jobs.list()).hasSize(JobList.KEPT + 2).startsWith(first);
    end((JobCore) jobs.get("last"));
    JobCore next = added("next");
    assertThat(jobs.list()).hasSize(JobList.KEPT + 2).startsWith(first).endsWith(next);
    refused(ErrorCode.JOB_NOT_FOUND, () -> jobs.get("j0"));
    assertThat(jobs.get("j1")).isNotNull();
    assertThat(jobs.get("last")).isNotNull();
  }

  @Test
  void aNameThatIsUsedAgainCountsAsNew() {
    end(added("old"));
    for (int i = 0; i < JobList.KEPT - 1; i++) {
      end(added("j" + i));
    }
    end(added("old"));
    end(added("one"));
    added("two");
    refused(ErrorCode.JOB_NOT_FOUND, () -> jobs.get("j0"));
    assertThat(jobs.get("old")).isNotNull();
  }

  @Test
  void aJobThatDismissesItselfIsListedWhileItRunsAndFoundByItsName() {
    JobCore job = job("j", true);
    jobs.add(job);
    assertThat(jobs.list()).containsExactly(job);
    refused(ErrorCode.JOB_STATE, () -> jobs.dismiss("j"));
    end(job);
    assertThat(jobs.list()).isEmpty();
    assertThat(jobs.get("j")).isSameAs(job);
    assertThat(refused(ErrorCode.JOB_NOT_FOUND, () -> jobs.dismiss("j")))
        .hasMessageContaining("the jobs are []");
    jobs.add(job("j", true));
  }

  @Test
  void commandsDismissAsQmpDoes() {
    try (Backups disks = new Backups(dir)) {
      CommandSet commands = new CommandSet(disks.engine);
      disks.disk("disk");
      disks.disk("t");
      commands.execute("blockdev-backup", Map.of("device", "disk", "target", "t", "sync", "full"));
      disks.engine.jobs().get("disk").result().await();
      assertThat((List<?>) commands.execute("query-jobs", Map.of())).isEmpty();
      Map<String, Object> kept =
          Map.of(
              "job-id",
              "k",
              "device",
              "disk",
              "target",
              "t",
              "sync",
              "full",
              "auto-dismiss",
              false);
      commands.execute("blockdev-backup", kept);
      disks.engine.jobs().get("k").result().await();
      assertThat((List<?>) commands.execute("query-jobs", Map.of())).hasSize(1);
      commands.execute("job-dismiss", Map.of("id", "k"));
      assertThat((List<?>) commands.execute("query-jobs", Map.of())).isEmpty();
      refused(
          ErrorCode.JOB_NOT_FOUND, () -> commands.execute("block-job-dismiss", Map.of("id", "k")));
      refused(
          ErrorCode.NOT_SUPPORTED,
          () -> commands.execute("block-commit", Map.of("device", "disk", "auto-finalize", false)));
      // The Java interface keeps ended jobs unless told otherwise.
      Job own =
          disks.start(new BackupRequest("o", "disk", "t", Sync.FULL, null, null, 0, false, false));
      own.result().await();
      assertThat(disks.engine.jobs().list()).containsExactly(own);
    }
  }

  @Test
  void blockstatsShowNodesAndDevices() {
    try (Backups disks = new Backups(dir)) {
      CommandSet commands = new CommandSet(disks.engine);
      disks.disk("disk");
      try (BlockDevice guest =
          disks.engine.graph().attach("disk", DeviceSettings.reader("guest")).await()) {
        guest.read(0, ByteBuffer.allocate(512));
        List<?> all = (List<?>) commands.execute("query-blockstats", Map.of());
        assertThat(all.toString()).contains("rd_operations=1", "device=guest", "in_flight=0");
        assertThat(all.get(all.size() - 1).toString()).startsWith("{device=guest, node-name=disk");
        List<?> devices =
            (List<?>) commands.execute("query-blockstats", Map.of("query-nodes", false));
        assertThat(devices).hasSize(1);
      }
    }
  }
}
