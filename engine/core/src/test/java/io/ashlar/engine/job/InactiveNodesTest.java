package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.Bitmaps.Settings;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code blockdev-set-active}: nothing is dropped before it cannot be refused any more. */
class InactiveNodesTest {
  @TempDir Path dir;
  private Backups disks;

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.diskOverFaults("a");
    disks.engine.bitmaps().add("a", "b0", Settings.PERSISTENT).await();
    disks.write("a", 3, 1);
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private void setActive(boolean active) {
    disks.engine.graph().setActive("a", active).await();
  }

  private boolean active(String node) {
    return disks.engine.graph().node(node).await().active();
  }

  private void assertAsBefore(int cluster) {
    assertThat(active("a")).isTrue();
    disks.write("a", cluster, 1);
    assertThat(disks.dirty("a", "b0")).contains(3, cluster);
    assertThat(disks.bitmap("a", "b0").armed()).isTrue();
  }

  @Test
  void anotherProgramHasTheImageMeanwhileAndItsBitmapsAreRead() {
    setActive(false);
    assertThat(active("a")).isFalse();
    assertThat(active("a-faults")).as("children follow").isFalse();
    String file = disks.file("a").toString();
    assertThat(Backups.tool("qemu-img", "info", file)).contains("b0").doesNotContain("in-use");
    Backups.tool("qemu-io", "-c", "write 524288 65536", "-f", "qcow2", file);
    Backups.tool("qemu-img", "bitmap", "--add", file, "theirs");
    setActive(true);
    assertThat(disks.dirty("a", "b0")).as("QEMU's write is in it").isEqualTo(Set.of(3, 8));
    assertThat(disks.bitmap("a", "theirs").dirtyBytes()).isZero();
    assertThat(disks.values("a")[8]).isNotZero();
    assertAsBefore(9);
    disks.close();
    assertThat(Backups.tool("qemu-img", "check", file)).contains("No errors");
    assertThat(Backups.tool("qemu-img", "info", file)).doesNotContain("in-use");
  }

  @Test
  void anInactiveNodeServesNothing() {
    setActive(false);
    Backups.refused(ErrorCode.NODE_INACTIVE, () -> disks.writer("a"));
    try (BlockDevice reader =
        disks.engine.graph().attach("a", DeviceSettings.reader("r")).await()) {
      Backups.refused(ErrorCode.NODE_INACTIVE, () -> reader.read(0, ByteBuffer.allocate(512)));
      setActive(true);
      reader.read(0, ByteBuffer.allocate(512));
      setActive(false);
      Backups.refused(ErrorCode.NODE_INACTIVE, () -> reader.read(0, ByteBuffer.allocate(512)));
    }
    Backups.refused(
        ErrorCode.NODE_INACTIVE,
        () -> disks.engine.bitmaps().add("a", "t", Settings.TRANSIENT).await());
    Backups.refused(
        ErrorCode.NODE_INACTIVE, () -> disks.engine.bitmaps().remove("a", "b0").await());
    disks.engine.graph().remove("a").await();
  }

  @Test
  void h02AWriterRefusesItAndNothingIsStoredOrDropped() {
    try (BlockDevice writer = disks.writer("a")) {
      BlockException error = Backups.refused(ErrorCode.NODE_INACTIVE, () -> setActive(false));
      assertThat(error).hasMessageContaining("guest-a");
      Backups.write(writer, 5, 1);
      assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 5));
      assertThat(disks.engine.inspect(disks.file("a"), "qcow2").bitmaps().get(0).inUse()).isTrue();
    }
    assertAsBefore(6);
  }

  @Test
  void h02AJobRefusesItAndItsBitmapStaysWhole() {
    disks.disk("t");
    disks.write("a", 4, 1);
    Job job =
        disks.start(
            new BackupRequest(
                "j",
                "a",
                "t",
                BackupRequest.Sync.FULL,
                "b0",
                BackupRequest.BitmapMode.ON_SUCCESS,
                1,
                false,
                false));
    Backups.refused(ErrorCode.NODE_IN_USE, () -> setActive(false));
    Backups.refused(
        ErrorCode.NODE_IN_USE, () -> disks.engine.graph().setActive(null, false).await());
    job.cancel().await();
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3, 4));
    assertAsBefore(6);
  }

  /** H2 and H14: an error at every request of it leaves the node active and tracking. */
  @ParameterizedTest
  @ValueSource(strings = {"write", "flush"})
  void h14AnErrorAnywhereLeavesTheNodeActiveWithItsBitmaps(String type) {
    int failures = 0;
    for (int skip = 0; ; skip++) {
      disks.faults("a", Map.of("iotype", type, "skip", (long) skip, "once", true));
      try {
        setActive(false);
        break;
      } catch (BlockException e) {
        assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.IO_ERROR);
        if (!active("a")) {
          // Everything was flushed; only the close that followed the decision has failed.
          assertThat(e).hasMessageContaining("took effect");
          break;
        }
        failures++;
        disks.faults("a");
        assertAsBefore(5 + failures);
      }
    }
    assertThat(failures).isGreaterThan(1);
    assertThat(active("a")).isFalse();
    String info = Backups.tool("qemu-img", "info", "--output=json", disks.file("a").toString());
    assertThat(info).contains("b0").doesNotContain("in-use");
    // Without the rules, which would count from the start.
    disks.engine.graph().remove("a").await();
    disks.engine.graph().remove("a-faults").await();
    disks.openOverFaults("a");
    assertThat(disks.dirty("a", "b0")).hasSize(1 + failures);
  }

  @Test
  void anActivationThatIsRefusedLeavesTheNodeInactiveAndTheImageAsItIs() {
    setActive(false);
    String file = disks.file("a").toString();
    Path away = dir.resolve("away.qcow2");
    assertThat(disks.file("a").toFile().renameTo(away.toFile())).isTrue();
    Backups.refused(ErrorCode.FILE_NOT_FOUND, () -> setActive(true));
    assertThat(active("a")).isFalse();
    assertThat(away.toFile().renameTo(disks.file("a").toFile())).isTrue();
    assertThat(Backups.tool("qemu-img", "info", file)).doesNotContain("in-use");
    setActive(true);
    assertThat(disks.dirty("a", "b0")).isEqualTo(Set.of(3));
    assertAsBefore(6);
  }

  @Test
  void h08NamesCannotClashAfterwards() {
    disks.engine.bitmaps().add("a", "t", Settings.TRANSIENT).await();
    disks.engine.bitmaps().remove("a", "b0").await();
    setActive(false);
    String file = disks.file("a").toString();
    Backups.tool("qemu-img", "bitmap", "--add", file, "t");
    setActive(true);
    assertThat(disks.engine.bitmaps().list("a").await())
        .anyMatch(info -> info.name().equals("t") && !info.persistent())
        .anyMatch(info -> info.name().equals("t") && info.reason() != null);
    disks.write("a", 4, 1);
    assertThat(disks.dirty("a", "t")).contains(4);
    disks.close();
    assertThat(Backups.tool("qemu-img", "info", file)).contains("name: t");
  }

  @Test
  void h18ABitmapThatIsNotStoredCountsWhatItMayHaveMissed() {
    disks.engine.bitmaps().add("a", "t", Settings.TRANSIENT).await();
    disks.engine.bitmaps().add("a", "off", new Settings(0, false, true)).await();
    setActive(false);
    String file = disks.file("a").toString();
    Backups.tool("qemu-io", "-c", "write 524288 65536", "-f", "qcow2", file);
    setActive(true);
    assertThat(disks.dirty("a", "t")).as("everything may have changed").hasSize(Backups.CLUSTERS);
    assertThat(disks.dirty("a", "off")).isEmpty();
  }

  @Test
  void aBackingNodeFollowsItsOverlayAndNotBefore() {
    disks.overlay("top", "a");
    Backups.refused(ErrorCode.NODE_IN_USE, () -> setActive(false));
    CommandSet commands = new CommandSet(disks.engine);
    commands.execute("blockdev-set-active", Map.of("active", false));
    assertThat(active("a")).isFalse();
    assertThat(active("top")).isFalse();
    commands.execute("blockdev-set-active", Map.of("active", true, "node-name", "top"));
    assertThat(active("a")).isTrue();
    disks.write("top", 9, 2);
    assertThat(disks.values("top")[3]).isEqualTo(1);
  }
}
