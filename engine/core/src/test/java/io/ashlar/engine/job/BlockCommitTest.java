package io.ashlar.engine.job;

import static io.ashlar.engine.job.Backups.CLUSTER;
import static io.ashlar.engine.job.Backups.SIZE;
import static io.ashlar.engine.job.Backups.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Job;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code block-commit} of an idle top. */
class BlockCommitTest {
  @TempDir Path dir;
  private Backups disks;

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.disk("base");
    for (int c = 0; c < 8; c++) {
      disks.write("base", c, 1);
    }
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private void snapshot(String node, String overlay) {
    disks.bare(overlay, node);
    disks.engine.graph().snapshot(node, overlay).await();
  }

  private Job start(CommitRequest request) {
    return disks.engine.jobs().commit(request).await();
  }

  private long run(CommitRequest request) {
    return start(request).result().await();
  }

  private static CommitRequest slow(String device) {
    return new CommitRequest("c", device, null, null, 1, false);
  }

  private boolean readOnly(String node) {
    return disks.engine.graph().node(node).await().options().readOnly();
  }

  private void add(String bitmap, boolean disabled) {
    disks.engine.bitmaps().add("base", bitmap, new Bitmaps.Settings(0, true, disabled)).await();
  }

  private void assertStored(String bitmap, Integer... clusters) {
    disks.close();
    String file = disks.file("base").toString();
    Backups.tool("qemu-img", "check", file);
    assertThat(Backups.tool("qemu-img", "info", file)).contains("auto").doesNotContain("in-use");
    disks = new Backups(dir);
    disks.engine.graph().add(disks.definition("base")).await();
    assertThat(disks.dirty("base", bitmap)).isEqualTo(Set.of(clusters));
  }

  /** S9: external snapshot, write, commit back; in memory and after a restart. */
  @Test
  void s9TheBaseHasTheWritesOfItsOverlayInItsBitmap() {
    add("b", false);
    add("off", true);
    disks.write("base", 0, 2);
    snapshot("base", "top");
    try (BlockDevice guest = disks.writer("top")) {
      Backups.write(guest, 3, 3);
      guest.writeZeroes(5L * CLUSTER, CLUSTER, IoFlags.NONE);
      Backups.write(guest, 20, 3);
    }
    assertThat(disks.dirty("base", "b")).isEqualTo(Set.of(0));
    byte[] before = disks.content("top");
    try (BlockDevice reader =
        disks.engine.graph().attach("top", DeviceSettings.reader("r")).await()) {
      assertThat(run(CommitRequest.of("top"))).isEqualTo(3L * CLUSTER);
      assertThat(reader.nodeName()).isEqualTo("base");
    }
    assertThat(disks.content("base")).isEqualTo(before);
    assertThat(disks.dirty("base", "b")).isEqualTo(Set.of(0, 3, 5, 20));
    assertThat(disks.dirty("base", "off")).isEmpty();
    assertThat(disks.bitmap("base", "b").armed()).isTrue();
    assertThat(readOnly("base")).isFalse();
    disks.write("base", 9, 4);
    disks.engine.graph().remove("top").await();
    assertStored("b", 0, 3, 5, 9, 20);
    assertThat(disks.values("base")).startsWith(2, 1, 1, 3, 1, 0, 1, 1, 0, 4);
  }

  @Test
  void aReadOnlyTopLeavesAReadOnlyBaseWithStoredBitmaps() {
    add("b", false);
    snapshot("base", "top");
    disks.write("top", 3, 3);
    disks.engine.graph().remove("top").await();
    disks
        .engine
        .graph()
        .add(
            disks
                .definition("top")
                .with("read-only", (Object) true)
                .with("backing", (Object) "base"))
        .await();
    run(CommitRequest.of("top"));
    assertThat(readOnly("base")).isTrue();
    assertThat(disks.engine.inspect(disks.file("base"), "qcow2").bitmaps().get(0).inUse())
        .isFalse();
    assertStored("b", 3);
  }

  @Test
  void aChainGoesDownToTheNodeThatIsAskedFor() {
    snapshot("base", "mid");
    disks.write("mid", 1, 2);
    disks.write("mid", 2, 2);
    snapshot("mid", "top");
    disks.write("top", 2, 3);
    disks.write("top", 30, 3);
    byte[] before = disks.content("top");
    assertThat(run(CommitRequest.into("top", "mid"))).isEqualTo(2L * CLUSTER);
    assertThat(disks.allocated("mid")).isEqualTo(Set.of(1, 2, 30));
    assertThat(disks.content("mid")).isEqualTo(before);
    assertThat(disks.values("base")).startsWith(1, 1, 1);
    assertThat(readOnly("base")).isTrue();
    disks.engine.graph().remove("top").await();

    snapshot("mid", "top2");
    disks.write("top2", 0, 4);
    byte[] all = disks.content("top2");
    assertThat(run(CommitRequest.of("top2"))).isEqualTo(4L * CLUSTER);
    assertThat(disks.content("base")).isEqualTo(all);
    disks.close();
    Backups.tool("qemu-img", "check", disks.file("base").toString());
  }

  @Test
  void aNestedBaseOutlivesItsOverlay() {
    disks.engine.graph().remove("base").await();
    disks.create("top", SIZE, Map.of("backing-file", "base.qcow2", "backing-fmt", "qcow2"));
    disks
        .engine
        .graph()
        .add(disks.definition("top").with("backing", disks.definition("base")))
        .await();
    disks.write("top", 1, 9);
    run(CommitRequest.of("top"));
    disks.engine.graph().remove("top").await();
    assertThat(disks.values("base")).startsWith(1, 9, 1);
    disks.write("base", 2, 8);
  }

  @Test
  void aShorterBaseGrowsWithItsBitmapsAndALongerOneStays() {
    add("b", false);
    disks.create(
        "top", SIZE + 5 * CLUSTER, Map.of("backing-file", "base.qcow2", "backing-fmt", "qcow2"));
    disks.engine.graph().add(disks.definition("top").with("backing", (Object) null)).await();
    disks.engine.graph().snapshot("base", "top").await();
    disks.write("top", Backups.CLUSTERS + 2, 7);
    byte[] before = disks.content("top");
    run(CommitRequest.of("top"));
    assertThat(disks.content("base")).isEqualTo(before);
    assertThat(disks.dirty("base", "b")).contains(Backups.CLUSTERS + 2).doesNotContain(0, 60);
    disks.engine.graph().remove("top").await();

    disks.create(
        "short", 4 * CLUSTER, Map.of("backing-file", "base.qcow2", "backing-fmt", "qcow2"));
    disks
        .engine
        .graph()
        .reopen(
            java.util.List.of(
                io.ashlar.engine.api.NodeDefinition.of("qcow2", "base")
                    .with("read-only", (Object) true)))
        .await();
    disks.engine.graph().add(disks.definition("short").with("backing", (Object) "base")).await();
    disks.write("short", 1, 6);
    run(CommitRequest.of("short"));
    assertThat(disks.content("base")).hasSize(before.length);
    assertThat(disks.values("base")).startsWith(1, 6, 1);
    assertThat(disks.values("base")[Backups.CLUSTERS + 2]).isEqualTo(7);
  }

  @Test
  void behindTheEndOfAShortLayerThereAreZeroesNotTheBase() {
    disks.write("base", 40, 5);
    disks.engine.graph().remove("base").await();
    disks.engine.graph().add(disks.definition("base").with("read-only", (Object) true)).await();
    disks.create("mid", 10 * CLUSTER, Map.of("backing-file", "base.qcow2", "backing-fmt", "qcow2"));
    disks
        .engine
        .graph()
        .add(
            disks
                .definition("mid")
                .with("read-only", (Object) true)
                .with("backing", (Object) "base"))
        .await();
    disks.create("top", SIZE, Map.of("backing-file", "mid.qcow2", "backing-fmt", "qcow2"));
    disks.engine.graph().add(disks.definition("top").with("backing", (Object) "mid")).await();
    disks.write("top", 50, 5);
    assertThat(disks.values("top")[40]).isZero();
    byte[] before = disks.content("top");
    run(CommitRequest.of("top"));
    assertThat(disks.content("base")).isEqualTo(before);
  }

  @Test
  void writersAndOtherUsersAreRefusedBeforeAndMeanwhile() {
    snapshot("base", "mid");
    disks.write("mid", 1, 2);
    snapshot("mid", "top");
    disks.write("top", 2, 2);
    try (BlockDevice guest = disks.writer("top")) {
      assertThat(guest.nodeName()).isEqualTo("top");
      assertThat(refused(ErrorCode.PERMISSION_CONFLICT, () -> start(CommitRequest.of("top"))))
          .hasMessageContaining("guest-top")
          .hasMessageContaining("detach the writer");
    }
    try (BlockDevice reader =
        disks.engine.graph().attach("mid", DeviceSettings.reader("r")).await()) {
      assertThat(reader.nodeName()).isEqualTo("mid");
      assertThat(refused(ErrorCode.NODE_IN_USE, () -> start(CommitRequest.of("top"))))
          .hasMessageContaining("device 'r'");
    }
    assertThat(readOnly("base")).isTrue();
    assertThat(disks.engine.jobs().list()).isEmpty();

    Job job = start(slow("top"));
    refused(ErrorCode.PERMISSION_CONFLICT, () -> disks.writer("top"));
    refused(ErrorCode.PERMISSION_CONFLICT, () -> disks.writer("base"));
    for (String node : List.of("base", "top")) {
      assertThat(refused(ErrorCode.PERMISSION_CONFLICT, () -> resize(node)).getMessage())
          .contains("'" + node + "'", "RESIZE");
    }
    disks.bare("sibling", "base");
    refused(ErrorCode.NODE_IN_USE, () -> disks.engine.graph().snapshot("base", "sibling").await());
    refused(ErrorCode.NODE_IN_USE, () -> disks.engine.graph().snapshot("top", "sibling").await());
    disks.disk("copy");
    refused(ErrorCode.NODE_IN_USE, () -> disks.start(BackupRequest.full("top", "copy")));
    refused(ErrorCode.NODE_IN_USE, () -> disks.engine.graph().remove("top").await());
    refused(ErrorCode.JOB_EXISTS, () -> start(slow("top")));
    refused(
        ErrorCode.NODE_IN_USE, () -> start(new CommitRequest("d", "top", null, "mid", 0, false)));
    byte[] shown = disks.content("top");
    assertThat(shown[CLUSTER]).isEqualTo((byte) 2);
    job.cancel().await();
    disks.write("top", 3, 3);
    resize("top");
  }

  private void resize(String node) {
    disks.engine.graph().resize(node, 2 * SIZE, Preallocation.OFF).await();
  }

  @Test
  void requestsThatMeanNoChainAreRefused() {
    disks.disk("other");
    snapshot("base", "mid");
    snapshot("mid", "top");
    refused(ErrorCode.NODE_NOT_FOUND, () -> start(CommitRequest.of("nobody")));
    assertThat(refused(ErrorCode.INVALID_OPTION, () -> start(CommitRequest.of("other"))))
        .hasMessageContaining("no backing node");
    assertThat(refused(ErrorCode.INVALID_OPTION, () -> start(CommitRequest.into("top", "other"))))
        .hasMessageContaining("is not below");
    assertThat(refused(ErrorCode.INVALID_OPTION, () -> start(CommitRequest.into("top", "top"))))
        .hasMessageContaining("into itself");
    assertThat(
            refused(
                ErrorCode.NOT_SUPPORTED,
                () -> start(new CommitRequest(null, "top", "mid", "base", 0, false))))
        .hasMessageContaining("must be 'top'");
    refused(
        ErrorCode.INVALID_OPTION,
        () -> start(new CommitRequest(null, "top", null, null, -1, false)));
    disks.disk("copy");
    Job backup =
        disks.start(new BackupRequest("j", "top", "copy", Sync.NONE, null, null, 0, false, false));
    refused(ErrorCode.NODE_IN_USE, () -> start(CommitRequest.of("top")));
    backup.cancel().await();
    run(new CommitRequest(null, "top", "top", "base", 0, false));
  }

  @Test
  void aCancelledCommitLeavesTheChainAsItWas() {
    add("b", false);
    snapshot("base", "top");
    disks.write("top", 1, 2);
    disks.write("top", 2, 2);
    byte[] before = disks.content("top");
    Job job = start(slow("top"));
    assertThat(readOnly("base")).isFalse();
    job.pause().await();
    assertThat(job.status()).isEqualTo(Job.Status.PAUSED);
    assertThat(disks.content("top")).isEqualTo(before);
    job.resume().await();
    job.cancel().await();
    refused(ErrorCode.CANCELLED, () -> job.result().await());
    assertThat(readOnly("base")).isTrue();
    assertThat(disks.content("top")).isEqualTo(before);
    assertThat(disks.engine.graph().node("top").await().children())
        .containsEntry("backing", "base");
    assertThat(disks.engine.inspect(disks.file("base"), "qcow2").bitmaps().get(0).inUse())
        .isFalse();
    disks.write("top", 4, 4);
  }

  @Test
  void progressCountsWhatTheLayersHaveAndSpeedCanChange() {
    snapshot("base", "top");
    for (int c = 0; c < 5; c++) {
      disks.write("top", c, 2);
    }
    Job job = start(slow("top"));
    assertThat(job.type()).isEqualTo("commit");
    job.setSpeed(0);
    assertThat(job.result().await()).isEqualTo(5L * CLUSTER);
    assertThat(job.progress()).isEqualTo(new Job.Progress(5L * CLUSTER, 5L * CLUSTER));
    assertThat(job.status()).isEqualTo(Job.Status.CONCLUDED);
  }
}
