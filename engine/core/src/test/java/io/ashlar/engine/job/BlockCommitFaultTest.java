package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * H16 for {@code block-commit}: an error at each single request of its life leaves a chain that
 * shows what it showed, a base whose bitmap misses nothing, and a retry that succeeds.
 */
class BlockCommitFaultTest {
  @TempDir Path dir;
  private Backups disks;

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.diskOverFaults("base");
    disks.engine.bitmaps().add("base", "b", Bitmaps.Settings.PERSISTENT).await();
    for (int c = 0; c < 6; c++) {
      disks.write("base", c, 1);
    }
    disks.engine.bitmaps().clear("base", "b").await();
    disks.create("top", Backups.SIZE, Map.of("backing-file", "base.qcow2", "backing-fmt", "qcow2"));
    disks
        .engine
        .graph()
        .add(
            NodeDefinition.of("blkdebug", "top-faults")
                .with(
                    "image",
                    NodeDefinition.of(
                        Map.of("driver", "file", "filename", disks.file("top").toString()))))
        .await();
    disks
        .engine
        .graph()
        .add(
            NodeDefinition.of("qcow2", "top")
                .with("file", (Object) "top-faults")
                .with("backing", (Object) null))
        .await();
    disks.engine.graph().snapshot("base", "top").await();
    try (BlockDevice guest = disks.writer("top")) {
      Backups.write(guest, 1, 2);
      Backups.write(guest, 40, 2);
      guest.writeZeroes(2L * CLUSTER, CLUSTER, IoFlags.NONE);
    }
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private BlockException failed() {
    try {
      disks.engine.jobs().commit(CommitRequest.of("top")).await().result().await();
      return null;
    } catch (BlockException e) {
      return e;
    }
  }

  /** Clusters in which the base is not what it was. */
  private Set<Integer> changed(int[] before) {
    int[] now = disks.values("base");
    Set<Integer> changed = new TreeSet<>();
    for (int c = 0; c < now.length; c++) {
      if (now[c] != before[c]) {
        changed.add(c);
      }
    }
    return changed;
  }

  @ParameterizedTest
  @CsvSource({
    "base, write, true",
    "base, write, false",
    "base, flush, true",
    "base, flush, false",
    "top, read, true",
    "top, read, false"
  })
  void h16AnErrorAnywhereLeavesTheChainAsItWas(String node, String type, boolean once) {
    byte[] shown = disks.content("top");
    int[] base = disks.values("base");
    int failures = 0;
    for (int skip = 0; ; skip++) {
      boolean wasReadOnly = disks.engine.graph().node("base").await().options().readOnly();
      disks.faults(node, Map.of("iotype", type, "skip", (long) skip, "once", once));
      BlockException error = failed();
      disks.faults(node);
      if (error == null) {
        break;
      }
      failures++;
      assertThat(error.code()).as(error.getMessage()).isEqualTo(ErrorCode.IO_ERROR);
      assertThat(disks.content("top")).as("after %s", error.getMessage()).isEqualTo(shown);
      assertThat(disks.engine.graph().node("top").await().children())
          .containsEntry("backing", "base");
      assertThat(disks.engine.graph().node("base").await().parents()).containsExactly("top");
      assertThat(disks.engine.graph().node("top").await().parents()).isEmpty();
      assertThat(disks.dirty("base", "b")).containsAll(changed(base));
      boolean readOnly = disks.engine.graph().node("base").await().options().readOnly();
      if (once) {
        assertThat(readOnly).isEqualTo(wasReadOnly);
      }
      if (!readOnly) {
        assertThat(disks.bitmap("base", "b").armed()).isTrue();
      } else if (once) {
        // Otherwise the arming may stay where it could not be taken back: never valid and stale.
        assertThat(disks.bitmap("base", "b").armed()).isFalse();
      }
    }
    assertThat(failures).isGreaterThan(1);
    assertThat(disks.content("base")).isEqualTo(shown);
    assertThat(disks.dirty("base", "b")).isEqualTo(Set.of(1, 2, 40));
    disks.close();
    String file = disks.file("base").toString();
    Backups.tool("qemu-img", "check", file);
    assertThat(Backups.tool("qemu-img", "info", file)).contains("auto").doesNotContain("in-use");
  }

  @Test
  void theBaseIsGivenToTheGuestOnlyWhenItIsDurable() {
    Job job =
        disks.engine.jobs().commit(new CommitRequest("c", "top", null, null, 1, false)).await();
    disks.faults("base", Map.of("iotype", "flush"));
    job.setSpeed(0);
    Backups.refused(ErrorCode.IO_ERROR, () -> job.result().await());
    disks.faults("base");
    assertThat(disks.engine.graph().node("top").await().children())
        .containsEntry("backing", "base");
    assertThat(disks.bitmap("base", "b").armed()).isTrue();
    assertThat(failed()).isNull();
  }

  @Test
  void aFullDiskFailsTheJobAndTheBaseIsNotGivenToTheGuest() {
    byte[] shown = disks.content("top");
    disks.faults("base", Map.of("iotype", "write", "errno", "ENOSPC", "offset", 1L << 18));
    assertThat(failed().code()).isEqualTo(ErrorCode.NO_SPACE);
    disks.faults("base");
    assertThat(disks.content("top")).isEqualTo(shown);
    assertThat(failed()).isNull();
    assertThat(Arrays.equals(disks.content("base"), shown)).isTrue();
  }
}
