package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.cli.CommandLineRun;
import io.ashlar.cli.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps that kill a process, let QEMU write, and make the best of the bitmap that is left. */
final class CrashStepTest {
  private static final String DISK =
      """
      parameters { out { type = output-directory } }
      output { directory = ${out}, files = [ disk.qcow2, copy.qcow2 ] }
      define {
        disk = { driver = qcow2, node-name = disk, file { driver = file, filename = ${out}/disk.qcow2 } }
      }
      create = [
        { driver = file, filename = ${out}/disk.qcow2, size = 0 }
        { driver = qcow2, size = 16M, file { driver = file, filename = ${out}/disk.qcow2 } }
        { driver = file, filename = ${out}/copy.qcow2, size = 0 }
        { driver = qcow2, size = 16M, file { driver = file, filename = ${out}/copy.qcow2 } }
      ]
      """;

  @TempDir Path directory;

  @Test
  void whatAnotherProgramWroteAfterTheCrashIsInTheBackupThatIsTakenInstead() throws IOException {
    CommandLineRun run =
        run(
            DISK
                + """
                graph = [
                  ${define.disk}
                  { driver = qcow2, node-name = copy, file { driver = file, filename = ${out}/copy.qcow2 } }
                ]
                run = [
                  { block-dirty-bitmap-add { node = disk, name = b0, granularity = 4k, persistent = true } }
                  { blockdev-del { node-name = disk } }
                  { crash {
                      graph = [ ${define.disk} ]
                      run = [
                        { write { node = disk, offset = 1M, length = 64k, pattern = 0x11 } }
                        { flush = disk }
                        { wait = false, write { node = disk, offset = 2M, range = 2M, length = 4k, count = 100000000
                                                random = 1, seed = 1 } }
                        { when = "!out", print = "left out" }
                      ]
                      after-ms = 50 } }
                  { qemu-io { filename = ${out}/disk.qcow2, commands = [ "write -P 0x22 8M 64k", "flush" ] } }
                  { blockdev-add = ${define.disk} }
                  { name = plain, expect-error = BITMAP_INCONSISTENT
                    blockdev-backup { job-id = j, device = disk, target = copy, sync = incremental, bitmap = b0 } }
                  { name = backup, on-inconsistent = full
                    blockdev-backup { job-id = j, device = disk, target = copy, sync = incremental, bitmap = b0 } }
                  { read { node = copy, offset = 1M, length = 64k, expect-pattern = 0x11 } }
                  { read { node = copy, offset = 8M, length = 64k, expect-pattern = 0x22 } }
                  { compare { a = disk, b = copy } }
                  { write { node = disk, length = 4k, pattern = 1 } }
                  { name = next, on-inconsistent = full
                    blockdev-backup { job-id = j, device = disk, target = copy, sync = incremental, bitmap = b0 } }
                ]
                """,
            "--json");
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("killed after 4 steps, 1 of them in the middle of its work");
    assertThat(run.step("backup").get("text").asText())
        .contains("'b0'")
        .endsWith("; so everything is copied; 131072 bytes copied (128 KiB)");
    assertThat(run.step("backup").at("/bitmaps/0/granularity").asInt()).isEqualTo(4096);
    assertThat(run.step("next").get("text").asText()).isEqualTo("65536 bytes copied (64 KiB)");
    Qemu.check(directory.resolve("out/disk.qcow2"));
    assertThat(Qemu.bitmapFlags(directory.resolve("out/disk.qcow2"), "b0")).containsExactly("auto");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          { read { node = disk, length = 4k, expect-pattern = 7 } } | EXPECTATION_FAILED: in the process of 'crash', read: node 'disk' has 0x00
          { print = done }                                          | EXPECTATION_FAILED: the process of 'crash' ended by itself
          """)
  void aProcessThatFailsOrEndsFirstFailsTheStep(String inner, String message) throws IOException {
    CommandLineRun run =
        run(
            DISK
                + "run = [ { crash { graph = [ ${define.disk} ], after-ms = 600000, run = [ "
                + inner
                + " ] } } ]");
    assertThat(run.code()).as(run.all()).isEqualTo(1);
    assertThat(run.out()).contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          crash { graph = [ ], run = [ { wirte { node = disk } } ] }    | no command 'wirte'
          crash { run = [ { write { node = disk, lenght = 4k, pattern = 1 } } ] } | did you mean 'length'?
          crash { run = [ ] }                                           | 'crash' needs 'run'
          crash { graph = [ { driver = qcow } ], run = [ { print = x } ] } | no driver 'qcow'
          qemu-io { filename = x }                                      | 'qemu-io' needs 'commands'
          qemu-io { filename = x, commands = [ [ write ] ] }            | each one text
          on-inconsistent = full, print = x                             | 'on-inconsistent' is for 'blockdev-backup'
          on-inconsistent = all, blockdev-backup { device = a, target = b, sync = full } | there are: fail, full
          """)
  void whatIsWrongInsideIsFoundBeforeAnythingIsDone(String step, String message)
      throws IOException {
    CommandLineRun run = run(DISK + "run = [\n { " + step + " } ]");
    assertThat(run.code()).as(run.all()).isEqualTo(2);
    assertThat(run.err()).contains("graph.conf:13: ").contains(message);
    assertThat(directory.resolve("out/disk.qcow2")).doesNotExist();
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
