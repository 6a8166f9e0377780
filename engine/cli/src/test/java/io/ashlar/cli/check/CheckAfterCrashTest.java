package io.ashlar.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ashlar.cli.CommandLineRun;
import io.ashlar.cli.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a repair does to the bitmaps of a process that was killed. */
final class CheckAfterCrashTest {
  private static final String KILLED =
      """
      define { disk = { driver = qcow2, node-name = disk, file { driver = file, filename = "IMAGE" } } }
      run = [
        { crash {
            graph = [ ${define.disk} ]
            run = [
              { write { node = disk, offset = 1M, length = 64k, pattern = 0x11 } }
              { flush = disk }
            ] } }
      ]
      """;

  @TempDir Path directory;
  private Path image;

  /**
   * An image whose bitmap could be recovered. On a busy machine a journal may have been given up
   * before the crash, which is said and is no matter of a repair; then once more.
   */
  @BeforeEach
  void killAWriter() throws IOException {
    JsonNode left = null;
    for (int attempt = 0; attempt < 3; attempt++) {
      image = Files.createDirectory(directory.resolve("try" + attempt)).resolve("disk.qcow2");
      Qemu.run("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "16M");
      Qemu.run("qemu-img", "bitmap", "--add", "-g", "64k", image.toString(), "b0");
      Qemu.run("qemu-io", "-c", "write 0 64k", image.toString());
      Path graph = directory.resolve("killed.conf");
      Files.writeString(graph, KILLED.replace("IMAGE", image.toString()));
      CommandLineRun run = CommandLineRun.of("run", graph);
      assertThat(run.code()).as(run.all()).isZero();
      assertThat(Qemu.bitmapFlags(image, "b0")).contains("in-use");
      left = bitmap();
      if (left.get("recovered").asBoolean()) {
        return;
      }
    }
    throw new AssertionError("not recovered: " + left);
  }

  @Test
  void aRepairOfOurs_keepsThemAndWritesOnlyWhereItMends() throws IOException {
    Path journal = image.resolveSibling("disk.qcow2.ashlar-journal");
    byte[] before = Files.readAllBytes(image);
    byte[] history = Files.readAllBytes(journal);
    for (List<Object> how :
        List.<List<Object>>of(
            List.of("check", image),
            List.of("check", "-r", "leaks", image),
            List.of("check", "-r", "all", image))) {
      CommandLineRun run = CommandLineRun.of(how.toArray());
      assertThat(run.code()).as(run.all()).isZero();
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(Files.readAllBytes(journal)).isEqualTo(history);

    BrokenImage.REFCOUNT_TWO_ON_DATA.doTo(image);
    CommandLineRun run = CommandLineRun.of("check", "-r", "all", image);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("    1 leaked clusters\n    1 corruptions\n");
    JsonNode bitmap = bitmap();
    assertThat(bitmap.get("inconsistent").asBoolean()).as(run.all() + bitmap).isFalse();
    assertThat(bitmap.get("count").asLong()).isBetween(128L << 10, 2L << 20);
    assertThat(Qemu.bitmapFlags(image, "b0")).containsExactly("auto");
    Qemu.check(image);
    Qemu.run("qemu-io", "-r", "-c", "read -P 0x11 1M 64k", image.toString());
  }

  @Test
  void aRepairOfQemus_costsThemAndOursDoesNotBringThemBack() throws IOException {
    BrokenImage.REFCOUNT_TWO_ON_DATA.doTo(image);
    Qemu.run("qemu-img", "check", "-r", "all", image.toString());
    JsonNode bitmap = bitmap();
    assertThat(bitmap.get("inconsistent").asBoolean()).isTrue();
    assertThat(bitmap.get("reason").asText()).contains("another program", "full backup");
    BrokenImage.LEAKED_CLUSTER.doTo(image);
    CommandLineRun run = CommandLineRun.of("check", "-r", "all", image);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(Qemu.bitmapFlags(image, "b0")).contains("in-use");
    assertThat(bitmap().get("inconsistent").asBoolean()).isTrue();
  }

  private JsonNode bitmap() throws IOException {
    CommandLineRun info = CommandLineRun.of("info", "--json", image);
    assertThat(info.code()).as(info.all()).isZero();
    return info.json().get(0).at("/bitmaps/0");
  }
}
