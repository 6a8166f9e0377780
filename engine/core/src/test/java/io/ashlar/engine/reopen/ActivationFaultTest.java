package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.spi.BlockException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An activation on a disk that fails for ever from some request on. */
class ActivationFaultTest {
  @TempDir Path dir;

  @Test
  void whatCannotBeSealedAgainIsSaid() {
    try (OneDisk disk = new OneDisk(dir, ChangeRules.SOUND)) {
      int marked = 0;
      activate(disk, false);
      for (int k = 1; ; k++) {
        disk.files.fail(k, true);
        String refusal = refusal(disk);
        disk.files.clear();
        if (refusal == null) {
          break;
        }
        assertThat(disk.inUse()).as("request %d: %s", k, refusal).isIn(0, 2);
        if (disk.inUse() == 2) {
          marked++;
          assertThat(refusal)
              .contains("the bitmaps of node 'disk' may be left marked IN_USE in the image")
              .contains("inconsistent for whoever opens it next");
        }
        activate(disk, true);
        boolean lost = disk.engine.bitmaps().list("disk").await().get(0).inconsistent();
        assertThat(lost).as("request %d: %s", k, refusal).isIn(false, refusal.contains("IN_USE"));
        if (lost) {
          anew(disk);
        }
        activate(disk, false);
        assertThat(disk.inUse()).as("request %d", k).isZero();
      }
      assertThat(marked).isPositive();
    }
  }

  private static void anew(OneDisk disk) {
    for (String name : List.of("one", "two")) {
      disk.engine.bitmaps().remove("disk", name).await();
      disk.engine.bitmaps().add("disk", name, Bitmaps.Settings.PERSISTENT).await();
    }
  }

  private static void activate(OneDisk disk, boolean active) {
    disk.engine.graph().setActive("disk", active).await();
  }

  private static String refusal(OneDisk disk) {
    try {
      activate(disk, true);
      return null;
    } catch (BlockException e) {
      return e.getMessage();
    }
  }
}
