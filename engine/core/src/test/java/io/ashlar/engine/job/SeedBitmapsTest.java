package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Bitmaps.Settings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
 * The rows of the seed that are about read-write to read-only, with real images: S3, S4, and S6.
 */
class SeedBitmapsTest {
  @TempDir Path dir;
  private Backups disks;
  private final Set<Integer> written = new TreeSet<>();

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.diskOverFaults("a");
    disks.engine.bitmaps().add("a", "b0", Settings.PERSISTENT).await();
    disks.engine.bitmaps().add("a", "b1", Settings.PERSISTENT).await();
    disks.engine.bitmaps().disable("a", "b1").await();
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private void write(int cluster) {
    disks.write("a", cluster, 1);
    written.add(cluster);
  }

  private BlockException reopen(boolean readOnly) {
    try {
      disks
          .engine
          .graph()
          .reopen(
              java.util.List.of(
                  NodeDefinition.of("qcow2", "a")
                      .with("file", (Object) "a-faults")
                      .with("read-only", readOnly)))
          .await();
      return null;
    } catch (BlockException e) {
      return e;
    }
  }

  private boolean readOnly() {
    return disks.engine.graph().node("a").await().options().readOnly();
  }

  /** What QEMU says of the image as it is in the file at this moment. */
  private String asAfterACrash() throws IOException {
    Path copy = dir.resolve("crashed.qcow2");
    Files.copy(disks.file("a"), copy, StandardCopyOption.REPLACE_EXISTING);
    Backups.tool("qemu-io", "-r", "-c", "read 0 64k", "-f", "qcow2", copy.toString());
    return Backups.tool("qemu-img", "info", "--output=json", "-f", "qcow2", copy.toString());
  }

  private long fileReads() {
    return disks.engine.graph().statistics().await().stream()
        .filter(node -> node.nodeName().equals("a-faults"))
        .findFirst()
        .orElseThrow()
        .readBytes();
  }

  @Test
  void s3ReadOnlyStoresAndKeepsTheBitmapsAndReadWriteNeedsNoReload() throws IOException {
    write(3);
    assertThat(reopen(true)).isNull();
    assertThat(asAfterACrash()).contains("\"b0\"", "\"b1\"").doesNotContain("in-use");
    assertThat(disks.dirty("a", "b0")).as("kept in memory").isEqualTo(written);
    long before = fileReads();
    assertThat(reopen(false)).isNull();
    assertThat(fileReads() - before).as("bytes; a reload reads clusters").isLessThan(131_072);
    assertThat(asAfterACrash()).contains("in-use");
    write(7);
    assertThat(disks.dirty("a", "b0")).isEqualTo(written);
    assertThat(disks.dirty("a", "b1")).isEmpty();
    assertThat(disks.bitmap("a", "b1").recording()).isFalse();
  }

  /** An error at every request of the change, one after the other. */
  @ParameterizedTest
  @CsvSource({"write, true", "write, false", "flush, true", "flush, false"})
  void s4AnErrorAnywhereLeavesTheNodeWritableAndTracking(String type, boolean once)
      throws IOException {
    write(0);
    int failures = 0;
    for (int skip = 0; ; skip++) {
      disks.faults("a", Map.of("iotype", type, "skip", (long) skip, "once", once));
      BlockException error = reopen(true);
      if (error == null) {
        disks.faults("a");
        break;
      }
      failures++;
      assertThat(error.code()).as(error.getMessage()).isEqualTo(ErrorCode.IO_ERROR);
      assertThat(readOnly()).isFalse();
      assertThat(disks.dirty("a", "b0")).as("nothing lost").isEqualTo(written);
      if (!once) {
        failingDiskNeverLies(type, failures);
      }
      disks.faults("a");
      write(failures + 1);
      assertThat(disks.dirty("a", "b0")).as("tracking").isEqualTo(written);
      assertThat(disks.bitmap("a", "b0").armed()).isTrue();
      assertThat(asAfterACrash()).as("not valid and stale").contains("in-use");
    }
    assertThat(failures).as("requests of the change").isGreaterThan(2);
    assertThat(readOnly()).isTrue();
    assertThat(asAfterACrash()).doesNotContain("in-use");
    disks.close();
    assertThat(Backups.tool("qemu-img", "check", disks.file("a").toString())).contains("No errors");
    readBack();
  }

  /** While the device fails, a write fails or is recorded in an image that says IN_USE. */
  private void failingDiskNeverLies(String type, int cluster) throws IOException {
    try {
      write(40 + cluster);
    } catch (BlockException e) {
      assertThat(e.code()).as(type).isEqualTo(ErrorCode.IO_ERROR);
      // What reached the bitmap before the driver failed stays: a failed write dirties too.
      written.clear();
      written.addAll(disks.dirty("a", "b0"));
      return;
    }
    assertThat(asAfterACrash()).contains("in-use");
  }

  private void readBack() {
    try (Backups again = new Backups(dir)) {
      again.engine.graph().add(again.definition("a").with("read-only", true)).await();
      assertThat(again.dirty("a", "b0")).isEqualTo(written);
      assertThat(again.dirty("a", "b1")).isEmpty();
    }
  }

  /** A crash of an idle node loses nothing; what is written afterwards is not trusted. */
  @Test
  void anIdleNodeIsSealedInItsImageUntilTheNextWrite() throws IOException {
    disks.close();
    disks = new Backups(dir, io.ashlar.engine.api.Ashlar.start(Map.of("idle-seal", "10ms")));
    disks.openOverFaults("a");
    write(3);
    long end = System.nanoTime() + 20_000_000_000L;
    while (disks.bitmap("a", "b0").armed() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(readOnly()).isFalse();
    assertThat(asAfterACrash()).contains("\"b0\"").doesNotContain("in-use");
    try (io.ashlar.engine.api.BlockDevice guest = disks.writer("a")) {
      Backups.write(guest, 4, 1);
      written.add(4);
      assertThat(disks.dirty("a", "b0")).isEqualTo(written);
    }
  }

  @Test
  void s6InconsistentBitmapsRecordNothingAreNeverTrustedAndCanBeRemoved() throws IOException {
    write(3);
    Path crashed = disks.file("crashed");
    Files.copy(disks.file("a"), crashed);
    disks.engine.graph().add(disks.definition("crashed")).await();
    assertThat(disks.bitmap("crashed", "b0").inconsistent()).isTrue();
    disks.write("crashed", 5, 1);
    assertThat(disks.bitmap("crashed", "b0").recording()).isFalse();
    assertThat(disks.bitmap("crashed", "b0").dirtyBytes()).isZero();
    for (boolean ro : new boolean[] {true, false}) {
      disks
          .engine
          .graph()
          .reopen(java.util.List.of(NodeDefinition.of("qcow2", "crashed").with("read-only", ro)))
          .await();
    }
    assertThat(disks.bitmap("crashed", "b0").inconsistent()).isTrue();
    for (Runnable use :
        new Runnable[] {
          () -> disks.engine.bitmaps().clear("crashed", "b0").await(),
          () -> disks.engine.bitmaps().enable("crashed", "b0").await(),
          () -> disks.engine.bitmaps().sha256("crashed", "b0").await()
        }) {
      Backups.refused(ErrorCode.BITMAP_INCONSISTENT, use);
    }
    disks.engine.bitmaps().remove("crashed", "b0").await();
    disks.close();
    String info = Backups.tool("qemu-img", "info", "--output=json", crashed.toString());
    assertThat(info).doesNotContain("\"b0\"").contains("\"b1\"", "in-use");
    assertThat(Backups.tool("qemu-img", "check", crashed.toString())).contains("No errors");
  }
}
