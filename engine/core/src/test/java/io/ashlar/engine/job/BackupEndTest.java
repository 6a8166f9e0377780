package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What becomes of the bitmap: every sync with every bitmap mode, for a job that succeeds, one whose
 * target fails in the middle, one whose target cannot be flushed, and one that is cancelled. A
 * guest writes meanwhile.
 */
class BackupEndTest {
  private static final Set<Integer> FROZEN = Set.of(1, 5, 40);
  private static final int MEANWHILE = 33;

  enum Ending {
    SUCCESS,
    WRITE_FAILS,
    FLUSH_FAILS,
    CANCEL
  }

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({
    "FULL, ON_SUCCESS, SUCCESS",
    "FULL, ON_SUCCESS, WRITE_FAILS",
    "FULL, ON_SUCCESS, FLUSH_FAILS",
    "FULL, ON_SUCCESS, CANCEL",
    "FULL, ALWAYS, SUCCESS",
    "FULL, ALWAYS, WRITE_FAILS",
    "FULL, ALWAYS, FLUSH_FAILS",
    "FULL, ALWAYS, CANCEL",
    "TOP, ON_SUCCESS, SUCCESS",
    "TOP, ON_SUCCESS, WRITE_FAILS",
    "TOP, ON_SUCCESS, CANCEL",
    "TOP, ALWAYS, SUCCESS",
    "TOP, ALWAYS, WRITE_FAILS",
    "TOP, ALWAYS, FLUSH_FAILS",
    "TOP, ALWAYS, CANCEL",
    "INCREMENTAL, ON_SUCCESS, SUCCESS",
    "INCREMENTAL, ON_SUCCESS, WRITE_FAILS",
    "INCREMENTAL, ON_SUCCESS, FLUSH_FAILS",
    "INCREMENTAL, ON_SUCCESS, CANCEL",
    "BITMAP, ON_SUCCESS, SUCCESS",
    "BITMAP, ON_SUCCESS, WRITE_FAILS",
    "BITMAP, NEVER, SUCCESS",
    "BITMAP, NEVER, WRITE_FAILS",
    "BITMAP, NEVER, CANCEL",
    "BITMAP, ALWAYS, SUCCESS",
    "BITMAP, ALWAYS, WRITE_FAILS",
    "BITMAP, ALWAYS, FLUSH_FAILS",
    "BITMAP, ALWAYS, CANCEL",
  })
  void theBitmapIsWhatTheModeSays(Sync sync, BitmapMode mode, Ending ending) {
    try (Backups backups = new Backups(dir)) {
      prepare(backups, ending);
      Job job =
          backups.start(
              new BackupRequest("j", "disk", "t-fault", sync, "b", mode, 1, false, false));
      assertThat(backups.bitmap("disk", "b").busy()).isTrue();
      byte[] atTheStart = backups.content("disk");
      backups.write("disk", MEANWHILE, 7);

      if (ending == Ending.CANCEL) {
        awaitPlan(job, planned(sync));
        job.cancel().await();
      }
      finish(job, ending);

      Set<Integer> dirty = backups.dirty("disk", "b");
      Set<Integer> planned = planned(sync);
      Set<Integer> missing = missing(backups, atTheStart, planned);
      assertThat(dirty).contains(MEANWHILE);
      dirty.remove(MEANWHILE);
      check(mode, ending, dirty, planned, missing);
      backups.assertTidy("disk");
      // The bitmap is free, and records.
      assertThat(backups.bitmap("disk", "b").recording()).isTrue();
      backups.write("disk", 50, 7);
      assertThat(backups.dirty("disk", "b")).contains(50);
    }
  }

  /** The image cannot be told that the bitmap changes: it keeps everything, and says so. */
  @ParameterizedTest
  @CsvSource({"INCREMENTAL, ON_SUCCESS", "FULL, ALWAYS"})
  void aThawThatFailsFailsTheJobAndLosesNoBit(Sync sync, BitmapMode mode) {
    try (Backups backups = new Backups(dir)) {
      prepare(backups, Ending.SUCCESS);
      Job job =
          backups.start(
              new BackupRequest("j", "disk", "t-fault", sync, "b", mode, 1, false, false));
      backups.write("disk", MEANWHILE, 7);
      readOnly(backups, true);
      job.setSpeed(0);
      BlockException error =
          Backups.refused(ErrorCode.BITMAP_READ_ONLY, () -> job.result().await());
      assertThat(error).hasMessageContaining("keeps all its bits").hasMessageContaining("'b'");
      assertThat(job.status()).isEqualTo(Job.Status.CONCLUDED);
      backups.assertTidy("disk");
      Set<Integer> all = new TreeSet<>(FROZEN);
      all.add(MEANWHILE);
      assertThat(backups.dirty("disk", "b")).isEqualTo(all);
      // Stored so when the node became read-only: what QEMU would copy next time.
      assertThat(backups.engine.inspect(backups.file("disk"), "qcow2").bitmaps().get(0).inUse())
          .isFalse();

      readOnly(backups, false);
      backups.run(new BackupRequest("k", "disk", "t-fault", sync, "b", mode, 0, false, false));
      assertThat(backups.dirty("disk", "b")).isEmpty();
      assertThat(backups.values("t")[MEANWHILE]).isEqualTo(7);
    }
  }

  private static void readOnly(Backups backups, boolean value) {
    backups
        .engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", (Object) value)))
        .await();
  }

  private void prepare(Backups backups, Ending ending) {
    backups.disk("disk");
    backups.write("disk", 0, 9); // before the bitmap was there
    backups.engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    FROZEN.forEach(cluster -> backups.write("disk", cluster, cluster));
    String type =
        switch (ending) {
          case SUCCESS, CANCEL -> null;
          case WRITE_FAILS -> "write";
          case FLUSH_FAILS -> "flush";
        };
    Map<String, ?> rule =
        ending == Ending.WRITE_FAILS
            ? Map.of("iotype", type, "offset", 5L * CLUSTER, "length", (long) CLUSTER)
            : ending == Ending.FLUSH_FAILS
                ? Map.of("iotype", type, "once", true)
                : Map.of("iotype", "write", "skip", 1_000_000L);
    backups.faulty("t", rule);
  }

  private static void finish(Job job, Ending ending) {
    switch (ending) {
      case SUCCESS -> {
        job.setSpeed(0);
        job.result().await();
      }
      case WRITE_FAILS, FLUSH_FAILS -> {
        job.setSpeed(0);
        assertThatThrownBy(() -> job.result().await())
            .isInstanceOfSatisfying(
                BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR));
      }
      case CANCEL ->
          assertThatThrownBy(() -> job.result().await())
              .isInstanceOfSatisfying(
                  BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    }
    assertThat(job.status()).isEqualTo(Job.Status.CONCLUDED);
  }

  /**
   * Waits until the job knows what it need not copy: until then everything counts as not copied.
   * The guest's cluster may have been copied before its write.
   */
  private static void awaitPlan(Job job, Set<Integer> planned) {
    while (job.progress().total() > (planned.size() + 1L) * CLUSTER) {
      Thread.onSpinWait();
    }
  }

  private static Set<Integer> planned(Sync sync) {
    return switch (sync) {
      case INCREMENTAL, BITMAP -> FROZEN;
      case FULL, TOP, NONE -> Set.of(0, 1, 5, 40);
    };
  }

  /** The planned clusters that the target does not have as they were. */
  private static Set<Integer> missing(Backups backups, byte[] expected, Set<Integer> planned) {
    int[] got = backups.values("t");
    Set<Integer> missing = new TreeSet<>();
    for (int cluster : planned) {
      if (got[cluster] != expected[cluster * CLUSTER]) {
        missing.add(cluster);
      }
    }
    return missing;
  }

  private static void check(
      BitmapMode mode,
      Ending ending,
      Set<Integer> dirty,
      Set<Integer> planned,
      Set<Integer> missing) {
    boolean success = ending == Ending.SUCCESS;
    if (success) {
      assertThat(missing).isEmpty();
    } else if (ending != Ending.FLUSH_FAILS) {
      assertThat(missing).isNotEmpty();
    }
    switch (mode) {
      case NEVER -> assertThat(dirty).isEqualTo(FROZEN);
      case ON_SUCCESS -> assertThat(dirty).isEqualTo(success ? Set.of() : FROZEN);
      case ALWAYS -> {
        switch (ending) {
          case SUCCESS -> assertThat(dirty).isEmpty();
          case FLUSH_FAILS -> assertThat(dirty).containsAll(planned);
          case WRITE_FAILS, CANCEL -> assertThat(dirty).isEqualTo(missing);
        }
      }
    }
  }
}
