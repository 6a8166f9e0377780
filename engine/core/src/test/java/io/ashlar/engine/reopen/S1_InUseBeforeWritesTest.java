package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.Done;
import io.ashlar.engine.graph.ChangeRules;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row S1: read-only to read-write marks IN_USE durably before any guest write can pass. */
class S1_InUseBeforeWritesTest {
  @TempDir Path dir;

  /** Leaves arming to the first write. */
  private static final ChangeRules NO_ARMING =
      new ChangeRules() {
        @Override
        public CompletionStage<Done> arm(String node, Supplier<CompletionStage<Done>> arming) {
          return BrokenRules.done();
        }
      };

  @Test
  void theImageSaysInUseDurablyWhenTheReopenAnswers() {
    reopen(ChangeRules.SOUND);
  }

  @Test
  void leavingItToTheFirstWriteWouldBeNoticed() {
    assertThatThrownBy(() -> reopen(NO_ARMING)).isInstanceOf(AssertionError.class);
  }

  private void reopen(ChangeRules rules) {
    try (OneDisk disk = new OneDisk(dir, rules)) {
      disk.reopen(true);
      assertThat(disk.inUse()).isZero();
      disk.files.clear();
      disk.reopen(false);
      List<String> log = disk.files.log();
      assertThat(disk.inUse()).as("bitmaps that QEMU sees IN_USE").isEqualTo(2);
      assertThat(log).contains("write");
      assertThat(log.subList(log.lastIndexOf("write"), log.size()))
          .as("a flush after the last write of %s", log)
          .contains("flush");
      disk.write(1 << 20);
      assertThat(disk.recorded(1 << 20)).isTrue();
    }
  }
}
