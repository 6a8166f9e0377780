package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static io.ashlar.engine.job.Backups.SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.Job;
import io.ashlar.spi.IoFlags;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full backup and increments over it, checked by our own eyes and by QEMU's tools. */
class BackupChainTest {
  @TempDir Path dir;
  private Backups backups;

  @BeforeEach
  void start() {
    backups = new Backups(dir);
    backups.disk("disk");
    backups.engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    for (int c : new int[] {0, 1, 5, 63}) {
      backups.write("disk", c, 10 + c);
    }
  }

  @AfterEach
  void stop() {
    backups.close();
  }

  @Test
  void anIncrementHasExactlyTheDirtyClustersAndQemuAgrees() {
    backups.disk("full");
    BackupRequest full =
        new BackupRequest(null, "disk", "full", Sync.FULL, "b", BitmapMode.ALWAYS, 0, false, false);
    Job job = backups.start(full);
    job.result().await();
    assertThat(job.progress().current()).isEqualTo(job.progress().total());
    assertThat(backups.allocated("full")).isEqualTo(Set.of(0, 1, 5, 63));
    assertThat(backups.content("full")).isEqualTo(backups.content("disk"));
    assertThat(backups.dirty("disk", "b")).isEmpty();

    for (int round = 1; round <= 2; round++) {
      try (BlockDevice guest = backups.writer("disk")) {
        Backups.write(guest, 5, round);
        Backups.write(guest, 20 + round, round);
        // A dirty cluster that is zero hides the one below it.
        guest.writeZeroes(0, CLUSTER, IoFlags.NONE);
      }
      Set<Integer> dirty = backups.dirty("disk", "b");
      assertThat(dirty).isEqualTo(Set.of(0, 5, 20 + round));
      String target = "inc" + round;
      backups.overlay(target, round == 1 ? "full" : "inc1");
      assertThat(backups.run(BackupRequest.incremental("disk", target, "b")))
          .isEqualTo(3L * CLUSTER);
      assertThat(backups.allocated(target)).isEqualTo(dirty);
      assertThat(backups.content(target)).isEqualTo(backups.content("disk"));
      assertThat(backups.dirty("disk", "b")).isEmpty();
      backups.assertTidy("disk");
    }

    backups.close();
    for (String name : new String[] {"disk", "full", "inc1", "inc2"}) {
      Backups.tool("qemu-img", "check", backups.file(name).toString());
    }
    Backups.tool(
        "qemu-img", "compare", backups.file("disk").toString(), backups.file("inc2").toString());
    String map = Backups.tool("qemu-img", "map", "--output=json", backups.file("inc2").toString());
    assertThat(ownExtents(map)).isEqualTo("0+65536 327680+65536 1441792+65536 ");
    assertThat(Backups.tool("qemu-img", "info", backups.file("disk").toString()))
        .contains("auto")
        .doesNotContain("in-use");
  }

  /** The extents that QEMU says are of the image itself, allocated or zero. */
  private static String ownExtents(String map) {
    StringBuilder own = new StringBuilder();
    java.util.regex.Matcher extent =
        java.util.regex.Pattern.compile(
                "\"start\": (\\d+), \"length\": (\\d+), \"depth\": 0, \"present\": true")
            .matcher(map);
    while (extent.find()) {
      own.append(extent.group(1)).append('+').append(extent.group(2)).append(' ');
    }
    return own.toString();
  }

  @Test
  void aFullBackupWritesZeroesOverWhatTheTargetHas() {
    backups.disk("full");
    backups.write("full", 30, 99);
    assertThat(backups.run(BackupRequest.full("disk", "full"))).isEqualTo(SIZE);
    assertThat(backups.content("full")).isEqualTo(backups.content("disk"));
  }

  @Test
  void topCopiesTheTopLayerOnly() {
    backups.engine.graph().remove("disk").await();
    backups.engine.graph().add(backups.definition("disk").with("read-only", true)).await();
    backups.overlay("top", "disk");
    backups.write("top", 5, 1);
    backups.write("top", 40, 1);
    backups.overlay("copy", "disk");
    long copied =
        backups.run(new BackupRequest("t", "top", "copy", Sync.TOP, null, null, 0, false, false));
    assertThat(copied).isEqualTo(2L * CLUSTER);
    assertThat(backups.allocated("copy")).isEqualTo(Set.of(5, 40));
    assertThat(backups.content("copy")).isEqualTo(backups.content("top"));
  }

  @Test
  void aFullBackupOfAChainCopiesWhatShowsThrough() {
    backups.engine.graph().remove("disk").await();
    backups.engine.graph().add(backups.definition("disk").with("read-only", true)).await();
    backups.overlay("top", "disk");
    backups.write("top", 5, 1);
    backups.disk("copy");
    backups.run(BackupRequest.full("top", "copy"));
    assertThat(backups.allocated("copy")).isEqualTo(Set.of(0, 1, 5, 63));
    assertThat(backups.content("copy")).isEqualTo(backups.content("top"));
  }

  @Test
  void compressedCopiesAreCompressed() {
    backups.disk("full");
    backups.run(new BackupRequest(null, "disk", "full", Sync.FULL, null, null, 0, true, false));
    assertThat(backups.content("full")).isEqualTo(backups.content("disk"));
    backups.close();
    assertThat(Backups.tool("qemu-img", "map", "--output=json", backups.file("full").toString()))
        .contains("\"compressed\": true");
  }

  @Test
  void aSmallSourceWithAnOddEndIsCopiedToItsLastByte() {
    backups.create("odd", 2 * CLUSTER + 1024, Map.of());
    backups.engine.graph().add(backups.definition("odd")).await();
    try (BlockDevice guest = backups.writer("odd")) {
      guest.write(2 * CLUSTER + 1000, java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }
    backups.create("copy", 2 * CLUSTER + 1024, Map.of());
    backups.engine.graph().add(backups.definition("copy")).await();
    backups.run(BackupRequest.full("odd", "copy"));
    assertThat(backups.content("copy")).isEqualTo(backups.content("odd"));
  }
}
