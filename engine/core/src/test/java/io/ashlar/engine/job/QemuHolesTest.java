package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps.Settings;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.TransactionRequest;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Known holes of QEMU around bitmaps, each tried against Ashlar; the numbers are those of the list
 * that the project keeps of them. H2, H8, H14 and H18 are in {@link InactiveNodesTest}, H16 in the
 * tests of commit and snapshot.
 */
class QemuHolesTest {
  @TempDir Path dir;
  private Backups disks;

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.disk("a");
    disks.engine.bitmaps().add("a", "b0", Settings.PERSISTENT).await();
    disks.write("a", 3, 1);
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private BlockException readOnly(ErrorCode code, String node, boolean value) {
    return Backups.refused(code, () -> reopen(node, value));
  }

  private void reopen(String node, boolean value) {
    disks
        .engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", node).with("read-only", value)))
        .await();
  }

  private String info(String node) {
    return Backups.tool("qemu-img", "info", "-U", "--output=json", disks.file(node).toString());
  }

  @Test
  void h01ARefusedReadOnlyLeavesTheNodeWritableAndTracking() {
    try (BlockDevice writer = disks.writer("a")) {
      readOnly(ErrorCode.READ_ONLY, "a", true);
      Backups.write(writer, 4, 1);
    }
    disks.disk("other");
    try (BlockDevice writer = disks.writer("other")) {
      Backups.refused(
          ErrorCode.READ_ONLY,
          () ->
              disks
                  .engine
                  .graph()
                  .reopen(
                      List.of(
                          NodeDefinition.of("qcow2", "a").with("read-only", true),
                          NodeDefinition.of("qcow2", "other").with("read-only", true)))
                  .await());
      Backups.write(writer, 1, 1);
    }
    disks.write("a", 5, 1);
    disks.engine.bitmaps().add("a", "b1", Settings.PERSISTENT).await();
    disks.engine.bitmaps().remove("a", "b1").await();
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 4, 5));
    assertThat(info("a")).contains("in-use");
  }

  @Test
  void h03AnEnableThatIsRefusedIsNotRolledBackToDisabled() {
    disks.disk("t");
    disks.write("a", 4, 1);
    Job job =
        disks.start(
            new BackupRequest(
                "j", "a", "t", Sync.FULL, "b0", BitmapMode.ON_SUCCESS, 1, false, false));
    Backups.refused(
        ErrorCode.BITMAP_BUSY,
        () ->
            disks
                .engine
                .transaction(TransactionRequest.of().enableBitmap("a", "b0").build())
                .await());
    assertThat(disks.bitmap("a", "b0").recording()).isTrue();
    job.cancel().await();
    disks.write("a", 6, 1);
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 4, 6));
    Backups.refused(
        ErrorCode.BITMAP_NOT_FOUND,
        () ->
            disks
                .engine
                .transaction(TransactionRequest.of().enableBitmap("a", "none").build())
                .await());
  }

  @Test
  void h04ARemovalInATransactionThatFailsNeverTouchesTheImage() throws IOException {
    byte[] before = Files.readAllBytes(disks.file("a"));
    Backups.refused(
        ErrorCode.CANCELLED,
        () ->
            disks
                .engine
                .transaction(TransactionRequest.of().removeBitmap("a", "b0").abort().build())
                .await());
    assertThat(Files.readAllBytes(disks.file("a"))).isEqualTo(before);
    assertThat(info("a")).contains("\"b0\"");
    disks.write("a", 4, 1);
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 4));
  }

  @Test
  void h05AMergeOfNothingChangesNothing() {
    CommandSet commands = new CommandSet(disks.engine);
    commands.execute(
        "block-dirty-bitmap-merge",
        ConfigFactory.parseString("node = a, target = b0, bitmaps = []").root().unwrapped());
    disks.engine.transaction(TransactionRequest.of().mergeBitmaps("a", "b0").build()).await();
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3));
  }

  /** A failed merge leaves the target; granularities may differ; a bitmap into itself is itself. */
  @Test
  void h05AMergeTakesOtherGranularitiesAndItself() {
    disks.engine.bitmaps().add("a", "fine", new Settings(4096, false, false)).await();
    disks.engine.bitmaps().add("a", "coarse", new Settings(1 << 20, false, false)).await();
    try (BlockDevice guest = disks.writer("a")) {
      guest.write(5L * Backups.CLUSTER + 4096, java.nio.ByteBuffer.wrap(new byte[] {1}));
    }
    assertThat(disks.bitmap("a", "fine").dirtyBytes()).isEqualTo(4096);
    merge("b0", "fine");
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 5));
    merge("b0", "b0");
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 5));
    merge("fine", "b0");
    assertThat(disks.bitmap("a", "fine").dirtyBytes()).isEqualTo(2 * Backups.CLUSTER);
    Backups.refused(ErrorCode.BITMAP_NOT_FOUND, () -> merge("coarse", "fine", "none"));
    assertThat(disks.bitmap("a", "coarse").dirtyBytes()).isEqualTo(1 << 20);
  }

  private void merge(String target, String... sources) {
    disks
        .engine
        .bitmaps()
        .merge(
            "a",
            target,
            java.util.Arrays.stream(sources).map(name -> new BitmapRef("a", name)).toList())
        .await();
  }

  @Test
  void h06ReadOnlyDuringABackupIsRefusedOrCountsTheSuccessor() {
    disks.disk("t");
    disks.write("a", 4, 1);
    Job job =
        disks.start(
            new BackupRequest(
                "j", "a", "t", Sync.FULL, "b0", BitmapMode.ON_SUCCESS, 1, false, false));
    disks.write("a", 5, 1);
    reopen("a", true);
    String stored = info("a");
    assertThat(stored).contains("\"auto\"").doesNotContain("in-use");
    assertThat(disks.dirty("a", "b0")).as("parent and successor").isEqualTo(Set.of(3, 4, 5));
    reopen("a", false);
    job.cancel().await();
    disks.write("a", 6, 1);
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 4, 5, 6));
    reopen("a", true);
    disks.close();
    try (Backups again = new Backups(dir)) {
      again.engine.graph().add(again.definition("a").with("read-only", true)).await();
      assertThat(again.dirty("a", "b0")).isEqualTo(Set.of(3, 4, 5, 6));
    }
  }

  @Test
  void h07WhatCouldNotBeKeptIsNotAccepted() {
    reopen("a", true);
    Backups.refused(
        ErrorCode.BITMAP_READ_ONLY,
        () -> disks.engine.bitmaps().add("a", "b1", Settings.PERSISTENT).await());
    Backups.refused(
        ErrorCode.BITMAP_READ_ONLY, () -> disks.engine.bitmaps().disable("a", "b0").await());
    assertThat(disks.bitmap("a", "b0").recording()).isTrue();
  }

  @Test
  void h09ZeroesDiscardsAndGrowthMeetNoAssertion() {
    reopen("a", true);
    reopen("a", false);
    try (BlockDevice guest = disks.writer("a")) {
      guest.writeZeroes(7L * Backups.CLUSTER, Backups.CLUSTER, IoFlags.NONE);
      guest.discard(8L * Backups.CLUSTER, Backups.CLUSTER);
    }
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 7, 8));
    disks.disk("t");
    disks.engine.bitmaps().add("a", "passing", Settings.TRANSIENT).await();
    disks.write("a", 9, 1);
    disks.write("a", 10, 1);
    Job job =
        disks.start(
            new BackupRequest(
                "j", "a", "t", Sync.FULL, "passing", BitmapMode.ON_SUCCESS, 1, false, false));
    Backups.refused(
        ErrorCode.PERMISSION_CONFLICT,
        () -> disks.engine.graph().resize("a", 2 * Backups.SIZE, Preallocation.OFF).await());
    job.cancel().await();
    disks.engine.graph().resize("a", 2 * Backups.SIZE, Preallocation.OFF).await();
    assertThat(disks.dirty("a", "b0")).as("growth is clean").isEqualTo(Set.of(3, 7, 8, 9, 10));
    disks.write("a", Backups.CLUSTERS + 1, 1);
    assertThat(disks.dirty("a", "b0")).contains(Backups.CLUSTERS + 1);
    disks.engine.graph().resize("a", Backups.SIZE / 2, Preallocation.OFF).await();
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 7, 8, 9, 10));
    disks.close();
    assertThat(Backups.tool("qemu-img", "check", disks.file("a").toString())).contains("No errors");
    assertThat(info("a")).doesNotContain("in-use");
  }

  /**
   * Arming writes flag words in place and flushes once; a crash before that flush loses nothing.
   */
  @Test
  void h15ACrashWhileArmingLosesNoBitmap() {
    disks.close();
    disks = new Backups(dir);
    disks.openOverFaults("a");
    disks
        .engine
        .graph()
        .reopen(
            List.of(
                NodeDefinition.of("qcow2", "a")
                    .with("file", (Object) "a-faults")
                    .with("read-only", true)))
        .await();
    disks.faults("a", Map.of("iotype", "flush"));
    Backups.refused(
        ErrorCode.IO_ERROR,
        () ->
            disks
                .engine
                .graph()
                .reopen(List.of(NodeDefinition.of("qcow2", "a").with("file", (Object) "a-faults")))
                .await());
    assertThat(info("a")).as("every bitmap is still listed").contains("\"b0\"");
    disks.faults("a");
    disks
        .engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "a").with("file", (Object) "a-faults")))
        .await();
    disks.write("a", 5, 1);
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 5));
  }

  @Test
  void h19QueriesShowNoSuccessors() {
    disks.disk("t");
    disks.write("a", 4, 1);
    Job job =
        disks.start(
            new BackupRequest(
                "j", "a", "t", Sync.FULL, "b0", BitmapMode.ON_SUCCESS, 1, false, false));
    List<BitmapInfo> listed = disks.engine.bitmaps().list("a").await();
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0).name()).isEqualTo("b0");
    assertThat(listed.get(0).busy()).isTrue();
    assertThat(disks.engine.graph().nodes().await())
        .flatExtracting(node -> node.bitmaps())
        .hasSize(1);
    job.cancel().await();
  }
}
