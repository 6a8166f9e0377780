package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static io.ashlar.engine.job.Backups.SIZE;
import static io.ashlar.engine.job.Backups.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code blockdev-snapshot}: who writes where afterwards, what is refused, and what errors do. */
class ExternalSnapshotTest {
  @TempDir Path dir;
  private Backups disks;

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.diskOverFaults("disk");
    disks.engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    disks.write("disk", 0, 1);
    disks.write("disk", 5, 1);
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private void snapshot(String node, String overlay) {
    disks.engine.graph().snapshot(node, overlay).await();
  }

  private boolean readOnly(String node) {
    return disks.engine.graph().node(node).await().options().readOnly();
  }

  private boolean storedInUse() {
    return disks.engine.inspect(disks.file("disk"), "qcow2").bitmaps().get(0).inUse();
  }

  @Test
  void aGuestThatStaysAttachedWritesToTheOverlay() {
    disks.bare("top", "disk");
    try (BlockDevice guest = disks.writer("disk")) {
      snapshot("disk", "top");
      assertThat(guest.nodeName()).isEqualTo("top");
      Backups.write(guest, 5, 2);
      Backups.write(guest, 9, 2);
    }
    assertThat(readOnly("disk")).isTrue();
    assertThat(readOnly("disk-faults")).isFalse();
    assertThat(storedInUse()).isFalse();
    assertThat(disks.dirty("disk", "b")).isEqualTo(Set.of(0, 5));
    assertThat(disks.values("disk")[5]).isEqualTo(1);
    assertThat(disks.values("disk")[9]).isZero();
    assertThat(disks.values("top")).startsWith(1, 0, 0, 0, 0, 2, 0, 0, 0, 2);
    assertThat(disks.allocated("top")).isEqualTo(Set.of(5, 9));
    disks.close();
    for (String name : new String[] {"disk", "top"}) {
      Backups.tool("qemu-img", "check", disks.file(name).toString());
    }
    Backups.tool("qemu-io", "-r", "-c", "read -P 2 320k 64k", disks.file("top").toString());
    Backups.tool("qemu-io", "-r", "-c", "read -P 1 320k 64k", disks.file("disk").toString());
  }

  @Test
  void parentsAndNestedFilesFollow() {
    disks.create("own", SIZE, Map.of());
    disks.engine.graph().add(disks.definition("own")).await();
    disks
        .engine
        .graph()
        .add(
            NodeDefinition.of("throttle", "limit")
                .with("throttle-group", (Object) "g")
                .with("limits", (Object) Map.of("iops-total", 1_000_000L))
                .with("file", (Object) "own"))
        .await();
    disks.bare("top", "own");
    String file = disks.engine.graph().node("own").await().children().get("file");
    snapshot("own", "top");
    assertThat(disks.engine.graph().node("limit").await().children()).containsValue("top");
    assertThat(disks.engine.graph().node("top").await().children().get("backing")).isEqualTo("own");
    assertThat(readOnly(file)).isTrue();
    disks.write("limit", 1, 7);
    assertThat(disks.allocated("top")).isEqualTo(Set.of(1));

    disks.bare("second", "top");
    snapshot("top", "second");
    disks.write("limit", 2, 8);
    assertThat(disks.allocated("second")).isEqualTo(Set.of(2));
    assertThat(disks.values("limit")).startsWith(0, 7, 8);
  }

  @Test
  void whatCannotBeAnOverlayIsRefusedAndNothingChanges() {
    disks.disk("other");
    disks.engine.graph().remove("other").await();
    disks.engine.graph().add(disks.definition("other").with("read-only", (Object) true)).await();
    disks.overlay("backed", "other");
    assertThat(refused(ErrorCode.INVALID_OPTION, () -> snapshot("disk", "backed")))
        .hasMessageContaining("'other' as its backing");
    assertThat(refused(ErrorCode.INVALID_OPTION, () -> snapshot("disk", "disk-faults")))
        .hasMessageContaining("has no backing node");
    assertThat(refused(ErrorCode.INVALID_OPTION, () -> snapshot("disk", "disk")))
        .hasMessageContaining("its own overlay");
    refused(ErrorCode.NODE_NOT_FOUND, () -> snapshot("disk", "nobody"));
    disks.bare("top", "disk");
    try (BlockDevice user = disks.writer("top")) {
      assertThat(user.nodeName()).isEqualTo("top");
      assertThat(refused(ErrorCode.NODE_IN_USE, () -> snapshot("disk", "top")))
          .hasMessageContaining("device '" + user.name() + "'");
    }
    disks.create("short", SIZE - CLUSTER, Map.of());
    disks.engine.graph().add(disks.definition("short")).await();
    assertThat(refused(ErrorCode.INVALID_REQUEST, () -> snapshot("disk", "short")))
        .hasMessageContaining("fewer than");
    disks.write("disk", 7, 3);
    assertThat(disks.dirty("disk", "b")).isEqualTo(Set.of(0, 5, 7));
    assertThat(readOnly("disk")).isFalse();
  }

  @Test
  void aNodeInTheHandsOfAJobIsRefused() {
    disks.disk("copy");
    disks.bare("top", "disk");
    Job job =
        disks.start(new BackupRequest("j", "disk", "copy", Sync.NONE, null, null, 0, false, false));
    refused(ErrorCode.NODE_IN_USE, () -> snapshot("disk", "top"));
    refused(ErrorCode.NODE_IN_USE, () -> snapshot("copy", "top"));
    job.cancel().await();
    snapshot("disk", "top");
  }

  /** H16: QEMU ignores errors of the read-only switch in an external snapshot. */
  @ParameterizedTest
  @CsvSource({"write, true", "write, false", "flush, true", "flush, false"})
  void h16AnErrorAnywhereRefusesTheSnapshotAndTheGuestGoesOn(String type, boolean once) {
    disks.bare("top", "disk");
    int refusals = 0;
    try (BlockDevice guest = disks.writer("disk")) {
      for (int skip = 0; ; skip++) {
        // Something to be stored in each round.
        Backups.write(guest, 10 + skip % 40, 4);
        disks.faults("disk", Map.of("iotype", type, "skip", (long) skip, "once", once));
        try {
          snapshot("disk", "top");
          break;
        } catch (BlockException e) {
          assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.IO_ERROR);
        }
        refusals++;
        disks.faults("disk");
        assertThat(guest.nodeName()).isEqualTo("disk");
        assertThat(readOnly("disk")).isFalse();
        Backups.write(guest, 10 + skip % 40, 5);
        assertThat(disks.dirty("disk", "b")).contains(10 + skip % 40);
        assertThat(storedInUse()).isTrue();
      }
      disks.faults("disk");
      assertThat(guest.nodeName()).isEqualTo("top");
      Backups.write(guest, 60, 6);
    }
    assertThat(refusals).isGreaterThan(type.equals("write") ? 2 : 1);
    assertThat(storedInUse()).isFalse();
    Set<Integer> dirty = disks.dirty("disk", "b");
    assertThat(dirty).contains(0, 5).doesNotContain(60);
    List<Integer> values = java.util.Arrays.stream(disks.values("top")).boxed().toList();
    assertThat(values.get(60)).isEqualTo(6);
    disks.close();
    Backups.tool("qemu-img", "check", disks.file("disk").toString());
    Backups.tool("qemu-img", "check", disks.file("top").toString());
    assertThat(Backups.tool("qemu-img", "info", disks.file("disk").toString()))
        .contains("auto")
        .doesNotContain("in-use");
  }
}
