package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row S2: an error at each single write and flush of a change from read-only to read-write, once
 * and for ever.
 */
class S2_ErrorsInPrepareTest {
  @TempDir Path dir;

  /** The requests of the undisturbed change. */
  private static List<String> requests(OneDisk disk) {
    disk.reopen(true);
    disk.files.clear();
    disk.reopen(false);
    List<String> log = disk.files.log();
    disk.reopen(true);
    assertThat(log).contains("write", "flush");
    return log;
  }

  @Test
  void anErrorOnceFailsTheChangeAndTheRetrySucceeds() {
    try (OneDisk disk = new OneDisk(dir, ChangeRules.SOUND)) {
      failOnce(disk);
    }
  }

  @Test
  void armingAfterTheCommitWouldBeNoticed() {
    assertThatThrownBy(
            () -> {
              try (OneDisk disk = new OneDisk(dir, BrokenRules.ARM_IN_COMMIT)) {
                failOnce(disk);
              }
            })
        .isInstanceOf(AssertionError.class);
  }

  private static void failOnce(OneDisk disk) {
    int requests = requests(disk).size();
    for (int k = 1; k <= requests; k++) {
      long offset = k * 65536L;
      disk.files.fail(k, false);
      refused(disk, "request " + k);
      disk.files.clear();
      assertThat(disk.readOnly()).as("request %d", k).isTrue();
      assertThat(disk.inUse()).as("IN_USE after an error of request %d", k).isZero();
      disk.check();
      disk.reopen(false);
      disk.write(offset);
      assertThat(disk.recorded(offset)).as("request %d", k).isTrue();
      assertThat(disk.inUse()).isEqualTo(2);
      disk.reopen(true);
      assertThat(disk.inUse()).isZero();
    }
  }

  @Test
  void anErrorForEverFailsTheChangeAndTheBitmapsAreNeverValidAndStale() {
    try (OneDisk disk = new OneDisk(dir, ChangeRules.SOUND)) {
      List<String> requests = requests(disk);
      int arming = requests.indexOf("write") + 1;
      for (int k = 1; k <= requests.size(); k++) {
        long offset = k * 65536L;
        disk.files.fail(k, true);
        refused(disk, "requests from " + k);
        refused(disk, "the retry with requests from " + k);
        assertThat(disk.readOnly()).as("requests from %d", k).isTrue();
        if (k <= arming) {
          assertThat(disk.inUse()).as("IN_USE before the arming write, from %d", k).isZero();
        } else {
          assertThat(disk.inUse()).as("valid as before, or all IN_USE; from %d", k).isIn(0, 2);
        }
        disk.check();
        disk.files.clear();
        disk.reopen(false);
        disk.write(offset);
        assertThat(disk.recorded(offset)).as("requests from %d", k).isTrue();
        disk.reopen(true);
        assertThat(disk.inUse()).isZero();
      }
    }
  }

  private static void refused(OneDisk disk, String what) {
    assertThatThrownBy(() -> disk.reopen(false))
        .as(what)
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR));
  }
}
