package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ashlar.cli.CommandLineRun;
import io.ashlar.cli.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of small graph files: what is printed, what is left behind, and how failures end. */
final class RunCommandTest {
  private static final String DISK =
      """
      parameters { out { type = output-directory } }
      output { directory = ${out}, files = [ disk.qcow2 ] }
      create = [
        { driver = file, filename = ${out}/disk.qcow2, size = 0 }
        { driver = qcow2, size = 16M, file { driver = file, filename = ${out}/disk.qcow2 } }
      ]
      graph = [
        { driver = qcow2, node-name = disk, file { driver = file, filename = ${out}/disk.qcow2 } }
      ]
      """;

  @TempDir Path directory;

  @Test
  void everyStepIsPrintedAndQemuFindsWhatWasWritten() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + """
                run = [
                  { block-dirty-bitmap-add { node = disk, name = b0, persistent = true } }
                  { name = some data, write { node = disk, offset = 1M, length = 128k, pattern = 0xab } }
                  { write-zeroes { node = disk, offset = 4M, length = 64k } }
                  { flush = disk }
                  { read { node = disk, offset = 1M, length = 128k, expect-pattern = 0xab } }
                  { expect { query = query-named-block-nodes
                             path = "[node-name=disk].dirty-bitmaps[name=b0].count", value = 192k } }
                  { print = "that is all" }
                ]
                """);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("10 steps")
        .contains("[ 5/10] some data: write disk: ok, 128 KiB written (")
        .contains("bitmap disk/b0: 131072 bytes dirty (128 KiB, 2 x 64 KiB), recording, armed")
        .contains("bitmap disk/b0: 196608 bytes dirty (192 KiB, 3 x 64 KiB), recording")
        .contains("print: that is all")
        .doesNotContain("\033")
        .contains("done (");
    Path disk = directory.resolve("out/disk.qcow2");
    Qemu.check(disk);
    assertThat(Qemu.bitmapFlags(disk, "b0")).containsExactly("auto");
    Qemu.run("qemu-io", "-r", "-c", "read -P 0xab 1M 128k", disk.toString());
  }

  @Test
  void aTransactionIsOneStep() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + """
                run = [
                  { block-dirty-bitmap-add { node = disk, name = b0, persistent = true } }
                  { write { node = disk, length = 64k, pattern = 1 } }
                  { blockdev-add { driver = null-co, node-name = t0, size = 16M, read-zeroes = true } }
                  { blockdev-add { driver = null-co, node-name = t1, size = 16M, read-zeroes = true } }
                  { transaction { actions = [
                      { type = block-dirty-bitmap-add, data { node = disk, name = b1, persistent = true } }
                      { type = block-dirty-bitmap-merge,
                        data { node = disk, target = b1, bitmaps = [ b0 ] } }
                      { type = block-dirty-bitmap-disable, data { node = disk, name = b1 } }
                      { type = blockdev-backup, data { device = disk, target = t0, sync = full, job-id = j } }
                    ], properties { completion-mode = grouped } } }
                  { name = refused, expect-error = BITMAP_NOT_FOUND, transaction { actions = [
                      { type = block-dirty-bitmap-clear, data { node = disk, name = b0 } }
                      { type = block-dirty-bitmap-clear, data { node = disk, name = none } } ] } }
                ]
                """);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out())
        .contains("65536 bytes copied")
        .contains("bitmap disk/b1: 65536 bytes dirty")
        .contains("refused as expected, BITMAP_NOT_FOUND: action 1 (block-dirty-bitmap-clear)");
    Path disk = directory.resolve("out/disk.qcow2");
    assertThat(Qemu.bitmapFlags(disk, "b0")).containsExactly("auto");
    assertThat(Qemu.bitmapFlags(disk, "b1")).isEmpty();
    CommandLineRun wrong =
        again(
            DISK + "run = [ { transaction { actions = [ { type = block-dirty-bitmap-ad } ] } } ]");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.all()).contains("did you mean 'block-dirty-bitmap-add'?");
  }

  @Test
  void theFirstFailureEndsTheRunAndNamesTheStep() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + """
                run = [
                  { write { node = disk, length = 64k, pattern = 1 } }
                  { name = wrong byte, read { node = disk, length = 64k, expect-pattern = 2 } }
                  { print = "never reached" }
                ]
                """);
    assertThat(run.code()).as(run.all()).isEqualTo(1);
    assertThat(run.out())
        .contains("wrong byte: read disk: FAILED")
        .contains(directory.resolve("graph.conf") + ":12: EXPECTATION_FAILED")
        .contains("has 0x01 at offset 0, not 0x02")
        .doesNotContain("never reached")
        .contains("failed (");
    Qemu.check(directory.resolve("out/disk.qcow2"));
  }

  @Test
  void wantedErrorsMustCome() throws IOException {
    String wanted = "{ name = x, blockdev-del { node-name = none }, expect-error = ";
    CommandLineRun run = run(DISK + "run = [ " + wanted + "NODE_NOT_FOUND } ]");
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("x: blockdev-del none: refused as expected, NODE_NOT_FOUND");
    assertThat(again(DISK + "run = [ " + wanted + "NODE_EXISTS } ]").out())
        .contains("FAILED")
        .contains("NODE_NOT_FOUND");
    CommandLineRun succeeded = again(DISK + "run = [ { flush = disk, expect-error = IO_ERROR } ]");
    assertThat(succeeded.code()).isEqualTo(1);
    assertThat(succeeded.out()).contains("was to be refused with IO_ERROR");
  }

  @Test
  void mistakesAreFoundBeforeAnythingIsDone() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + "run = [\n  { flush = disk }\n  { write { node = disk, lenght = 1, pattern = 1 } }\n]");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("graph.conf:12: 'write' has no option 'lenght'; did you mean 'length'?");
    assertThat(directory.resolve("out")).doesNotExist();
    assertThat(run(DISK.replace("node-name = disk", "node-nmae = disk")).err())
        .contains("graph.conf:8: ")
        .contains("did you mean 'node-name'?");
    assertThat(CommandLineRun.of("run").code()).isEqualTo(2);
    assertThat(CommandLineRun.of("run", "--jsno", "x").err()).contains("--jsno");
    assertThat(CommandLineRun.of("rum").code()).isEqualTo(2);
  }

  @Test
  void filesThatExistAreNotOverwritten() throws IOException {
    Files.createDirectories(directory.resolve("out"));
    Files.writeString(directory.resolve("out/disk.qcow2"), "precious");
    CommandLineRun run = run(DISK);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("disk.qcow2 exists already and will not be overwritten");
    assertThat(directory.resolve("out/disk.qcow2")).hasContent("precious");
  }

  @Test
  void jsonIsOneObjectALine() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + "run = [ { block-dirty-bitmap-add { node = disk, name = b } },"
                + " { name = failing, blockdev-del { node-name = none } } ]",
            "--json");
    assertThat(run.code()).isEqualTo(1);
    List<JsonNode> lines = run.json();
    assertThat(lines.get(0).get("event").asText()).isEqualTo("begin");
    assertThat(lines.get(4).at("/bitmaps/0/name").asText()).isEqualTo("b");
    JsonNode error = run.step("failing").get("error");
    assertThat(error.get("class").asText()).isEqualTo("DeviceNotFound");
    assertThat(error.get("code").asText()).isEqualTo("NODE_NOT_FOUND");
    assertThat(lines.get(lines.size() - 1).get("exit").asInt()).isEqualTo(1);
  }

  @Test
  void guestsRunInTheBackgroundWhileFiltersComeAndGo() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + """
                run = [
                  { name = guest, wait = false
                    write { node = disk, length = 4k, count = 100, random = 3, seed = 4 } }
                  { blockdev-insert-filter { above = disk, filter {
                      driver = throttle, node-name = slow, throttle-group = g, limits.iops-total = 400, file = disk } } }
                  { expect { query = query-named-block-nodes, path = "[node-name=slow].children[0].node-name", value = disk } }
                  { wait-job = guest }
                  { blockdev-remove-filter { node-name = slow } }
                  { read { node = disk, length = 4k, count = 100, random = 3, expect-seed = 4 } }
                ]
                """);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("write disk: started").contains("100 x 4 KiB written");
  }

  @Test
  void aGuestThatFailsInTheBackgroundFailsTheRun() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + "run = [ { name = guest, wait = false\n"
                + " write { node = disk, offset = 32M, length = 4k, pattern = 1 } } ]");
    assertThat(run.code()).as(run.all()).isEqualTo(1);
    assertThat(run.out()).contains("guest: write disk: FAILED").contains("INVALID_REQUEST");
  }

  @Test
  void differencesAreFound() throws IOException {
    String second = "{ driver = raw, file { driver = null-co, size = 16M, read-zeroes = true } }";
    CommandLineRun same = run(DISK + "run = [ { compare { a = disk, b " + second + " } } ]");
    assertThat(same.out()).contains("verified: 16 MiB are equal");
    CommandLineRun differs =
        again(
            DISK
                + "run = [ { write { node = disk, offset = 5000001, length = 1, pattern = 7 } }\n"
                + "{ compare { a = disk, b "
                + second
                + " } } ]");
    assertThat(differs.code()).isEqualTo(1);
    assertThat(differs.out())
        .contains("content differs at offset 5000001: 'disk' has 0x07, 'compare-b' has 0x00");
    CommandLineRun shorter =
        again(DISK + "run = [ { compare { a = disk, b " + second.replace("16M", "15M") + " } } ]");
    assertThat(shorter.out()).contains("has 16777216 bytes and node 'compare-b' has 15728640");
  }

  private CommandLineRun again(String text) throws IOException {
    Files.delete(directory.resolve("out/disk.qcow2"));
    return run(text);
  }

  @Test
  void aBitmapThatAnotherProgramLeftInUseIsToldWithItsReason() throws IOException {
    Path image = directory.resolve("left.qcow2");
    Qemu.run("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "1M");
    Qemu.run("qemu-img", "bitmap", "--add", image.toString(), "b0");
    Process killed =
        new ProcessBuilder("qemu-io", "-c", "write 0 64k", "-c", "abort", image.toString()).start();
    assertThat(killed.onExit().join().exitValue()).isNotZero();
    assertThat(Qemu.bitmapFlags(image, "b0")).contains("in-use");
    String file =
        """
        parameters { out { type = output-directory } }
        graph = [ { driver = qcow2, node-name = disk, file { driver = file, filename = "IMAGE" } } ]
        run = [ { block-dirty-bitmap-remove { node = disk, name = b0 } } ]
        """
            .replace("IMAGE", image.toString());
    CommandLineRun run = run(file, "--json");
    assertThat(run.code()).as(run.all()).isZero();
    JsonNode told = run.json().get(1);
    assertThat(told.get("event").asText()).as(run.out()).isEqualTo("bitmap-inconsistent");
    assertThat(told.get("node").asText() + "/" + told.get("name").asText()).isEqualTo("disk/b0");
    assertThat(told.get("reason").asText()).contains("in use").contains("take a full backup");
    JsonNode bitmap = run.json().get(2).at("/bitmaps/0");
    assertThat(bitmap.get("reason")).isEqualTo(told.get("reason"));
    assertThat(bitmap.get("recovered").asBoolean(true)).isFalse();
  }

  private CommandLineRun run(String text, String... more) throws IOException {
    Path file = directory.resolve("graph.conf");
    Files.writeString(file, text);
    Object[] arguments = new Object[4 + more.length];
    arguments[0] = "run";
    arguments[1] = file;
    arguments[2] = "--set";
    arguments[3] = "out=" + directory.resolve("out");
    System.arraycopy(more, 0, arguments, 4, more.length);
    return CommandLineRun.of(arguments);
  }
}
