package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row S7: metadata of bitmaps goes to the {@code file} edge; without write permission on it the
 * plan refuses.
 */
class S7_MetadataOnTheFileEdgeTest {
  @TempDir Path dir;

  private static long writes(OneDisk disk, String node) {
    return disk.engine.graph().statistics().await().stream()
        .filter(one -> one.nodeName().equals(node))
        .findFirst()
        .orElseThrow()
        .writes();
  }

  @Test
  void storingAndArmingWriteThroughTheFile() {
    try (OneDisk disk = new OneDisk(dir, ChangeRules.SOUND)) {
      long file = writes(disk, "file");
      long guest = writes(disk, "disk");
      disk.reopen(true);
      assertThat(writes(disk, "file")).as("writes of the file node").isGreaterThan(file);
      assertThat(writes(disk, "disk")).as("writes of the guest").isEqualTo(guest);
      assertThat(disk.inUse()).isZero();
    }
  }

  @Test
  void withoutPermissionOnTheFileThePlanRefusesBeforeAnythingIsDone() {
    try (OneDisk disk = new OneDisk(dir, ChangeRules.SOUND)) {
      disk.reopen(true);
      disk.files.clear();
      assertThatThrownBy(
              () ->
                  disk.engine
                      .graph()
                      .reopen(
                          List.of(
                              NodeDefinition.of("qcow2", "disk")
                                  .with("file", "file")
                                  .with("read-only", false)))
                      .await())
          .isInstanceOfSatisfying(
              BlockException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.READ_ONLY);
                assertThat(e.getMessage()).contains("'file' of node 'disk'");
              });
      assertThat(disk.files.log()).as("requests to the file").isEmpty();
      assertThat(disk.readOnly()).isTrue();
      assertThat(disk.inUse()).isZero();
      disk.reopen(false);
      assertThat(disk.inUse()).isEqualTo(2);
    }
  }
}
