package io.ashlar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped examples, run as they are, and what QEMU's tools find afterwards. */
final class ExamplesTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("ashlar.root"), "examples");

  @TempDir Path directory;

  @Test
  void incrementalBackupOfADiskOfItsOwn() throws IOException {
    Path out = directory.resolve("out");
    CommandLineRun run = run("incremental-backup.conf", "--json", "--set", "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("verified: 64 MiB are equal");
    requireGoodBackups(run, out.resolve("disk.qcow2"), out, "the guest writes");
    assertThat(dirtyAfter(run, "the guest writes")).isBetween(65536L, 40 * 65536L);
  }

  @Test
  void incrementalBackupOfAFileSystem() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/sub"));
    Files.writeString(tree.resolve("a.txt"), "a file\n".repeat(10000));
    Path raw = directory.resolve("fs.raw");
    Path image = directory.resolve("fs.qcow2");
    Qemu.run("truncate", "-s", "24M", raw.toString());
    Qemu.run("mke2fs", "-q", "-t", "ext4", "-d", tree.getParent().toString(), raw.toString());
    Qemu.run("qemu-img", "convert", "-O", "qcow2", raw.toString(), image.toString());
    Path out = directory.resolve("out");
    CommandLineRun run =
        run("incremental-backup.conf", "--json", "--set", "image=" + image, "--set", "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    requireGoodBackups(run, image, out, "your content stays");
    Qemu.run("qemu-img", "compare", raw.toString(), image.toString());
    assertThat(out.resolve("disk.qcow2")).doesNotExist();

    CommandLineRun same =
        run("incremental-backup.conf", "--set", "image=" + image, "--set", "out=" + out);
    assertThat(same.code()).isEqualTo(2);
    assertThat(same.err()).contains("full.qcow2, inc1.qcow2, inc2.qcow2 exist already");
    Path other = directory.resolve("other");
    CommandLineRun again =
        run("incremental-backup.conf", "--set", "image=" + image, "--set", "out=" + other);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.out()).contains("BITMAP_EXISTS");
    assertThat(Qemu.bitmapFlags(image, "backup")).containsExactly("auto");
  }

  @Test
  void incrementalBackupOfAnOverlayNeedsLeave() throws IOException {
    Path base = directory.resolve("base.qcow2");
    Path image = directory.resolve("image.qcow2");
    Qemu.run("qemu-img", "create", "-q", "-f", "qcow2", base.toString(), "8M");
    Qemu.run("qemu-io", "-c", "write -P 0x11 0 4M", base.toString());
    Qemu.run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        "base.qcow2",
        "-F",
        "qcow2",
        image.toString());
    Path out = directory.resolve("out");
    CommandLineRun refused =
        run("incremental-backup.conf", "--set", "image=" + image, "--set", "out=" + out);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.out()).contains("REFERENCE_UNMAPPED").contains("backing { driver = qcow2");
    CommandLineRun run =
        run(
            "incremental-backup.conf",
            "--json",
            "--allow-references",
            directory.toString(),
            "--set",
            "image=" + image,
            "--set",
            "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    requireGoodBackups(run, image, out, "your content stays");
  }

  @Test
  void throttle() throws IOException {
    Path out = directory.resolve("out");
    CommandLineRun run = run("throttle.conf", "--json", "--set", "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    // Two hundred requests at a hundred a second, less what a full bucket lets through at once.
    assertThat(run.step("second guest").get("seconds").asDouble()).isGreaterThan(1.0);
    Qemu.check(out.resolve("a.qcow2"));
    Qemu.check(out.resolve("b.qcow2"));
    Qemu.run("qemu-io", "-r", "-c", "read -P 0xbb 0 400k", out.resolve("b.qcow2").toString());
  }

  @Test
  void reopenMany() throws IOException {
    Path out = directory.resolve("out");
    CommandLineRun run = run("reopen-many.conf", "--json", "--set", "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.step("d8 refuses").get("outcome").asText()).isEqualTo("refused");
    assertThat(run.step("d8 refuses").at("/error/desc").asText()).contains("d8");
    assertThat(run.step("all eight").at("/return/committed").asBoolean()).isTrue();
    for (int i = 1; i <= 8; i++) {
      Qemu.check(out.resolve("d" + i + ".qcow2"));
    }
    for (String disk : List.of("d1.qcow2", "d5.qcow2")) {
      assertThat(Qemu.bitmapFlags(out.resolve(disk), "changes")).containsExactly("auto");
    }
  }

  @Test
  void snapshotAndCommit() throws IOException {
    Path out = directory.resolve("out");
    CommandLineRun run = run("snapshot-and-commit.conf", "--json", "--set", "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("verified: 64 MiB are equal");
    for (String image : List.of("disk.qcow2", "overlay.qcow2", "copy.qcow2")) {
      Qemu.check(out.resolve(image));
    }
    Path disk = out.resolve("disk.qcow2");
    assertThat(Qemu.bitmapFlags(disk, "changes")).containsExactly("auto");
    Path copy = out.resolve("copy.qcow2");
    Qemu.run("qemu-io", "-c", "write -z 50M 64k", disk.toString());
    Qemu.run("qemu-img", "compare", disk.toString(), copy.toString());
  }

  @Test
  void afterACrashTheNextBackupIsIncremental() throws IOException {
    Path out = directory.resolve("out");
    CommandLineRun run = run("survive-a-crash.conf", "--json", "--set", "out=" + out);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("verified: 128 MiB are equal", "\"bitmap-recovered\"");
    assertThat(run.step("a crash").get("text").asText()).contains("1 of them in the middle");
    JsonNode recovered = run.step("opened again").at("/bitmaps/0");
    assertThat(recovered.get("recovered").asBoolean()).isTrue();
    long dirty = recovered.get("dirty-bytes").asLong();
    long written = (24 << 20) + (4 << 20);
    assertThat(dirty).as("a region around each place at most").isBetween(4L << 20, 2 * written);
    assertThat(recovered.get("over-approximated").asLong()).isBetween(0L, dirty);
    assertThat(run.step("next backup").get("text").asText())
        .startsWith(dirty + " bytes copied")
        .doesNotContain("everything");
    requireGoodAfterCrash(out);
  }

  @Test
  void afterACrashAndAnotherProgramTheNextBackupIsFull() throws IOException {
    Path out = directory.resolve("out");
    CommandLineRun run =
        run("survive-a-crash.conf", "--json", "--set", "out=" + out, "--set", "meddle=true");
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.out()).contains("verified: 128 MiB are equal", "\"bitmap-inconsistent\"");
    assertThat(run.step("opened again").at("/bitmaps/0/reason").asText())
        .contains("another program", "full backup");
    assertThat(run.step("next backup").get("text").asText())
        .contains("another program", "so everything is copied; 134217728 bytes copied");
    requireGoodAfterCrash(out);
    Qemu.run("qemu-io", "-r", "-c", "read -P 0x77 100M 64k", out.resolve("next.qcow2").toString());
  }

  @Test
  void withoutQemuIoTheErrorSaysWhatToInstall() throws Exception {
    Path out = directory.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Dlogback.configurationFile=" + EXAMPLES.resolveSibling("conf/logback.xml"),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "run",
            EXAMPLES.resolve("survive-a-crash.conf").toString(),
            "--set",
            "meddle=true",
            "--set",
            "out=" + out);
    builder.environment().put("PATH", Files.createDirectory(directory.resolve("bin")).toString());
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(1);
    assertThat(said)
        .containsOnlyOnce("NOT_SUPPORTED")
        .contains(
            "survive-a-crash.conf:",
            "this step needs QEMU's qemu-io, which cannot be started; install the package qemu-utils")
        .doesNotContain("Exception", "\tat ", "verified");
  }

  private static void requireGoodAfterCrash(Path out) throws IOException {
    for (String image : List.of("full.qcow2", "next.qcow2")) {
      Qemu.check(out.resolve(image));
    }
    Path disk = out.resolve("disk.qcow2");
    Qemu.run("qemu-img", "compare", disk.toString(), out.resolve("next.qcow2").toString());
    assertThat(Qemu.bitmapFlags(disk, "changes")).containsExactly("auto");
    assertThat(Qemu.run("qemu-img", "info", disk.toString())).doesNotContain("ashlar");
  }

  /** What must hold after a full backup and two increments. */
  private static void requireGoodBackups(CommandLineRun run, Path disk, Path out, String writes)
      throws IOException {
    Path full = out.resolve("full.qcow2");
    Path inc1 = out.resolve("inc1.qcow2");
    Path inc2 = out.resolve("inc2.qcow2");
    for (Path image : List.of(disk, full, inc1, inc2)) {
      Qemu.check(image);
    }
    assertThat(Qemu.bitmapFlags(disk, "backup")).containsExactly("auto");
    assertThat(Qemu.info(inc1).get("backing-filename").asText()).isEqualTo("full.qcow2");
    assertThat(Qemu.info(inc2).get("backing-filename").asText()).isEqualTo("inc1.qcow2");
    Qemu.run("qemu-img", "compare", disk.toString(), inc2.toString());
    assertThat(Qemu.allocated(inc1)).isEqualTo(dirtyAfter(run, writes)).isPositive();
    assertThat(Qemu.allocated(inc2)).isEqualTo(dirtyBefore(run, "second increment")).isPositive();
    assertThat(dirtyAfter(run, "second increment")).isZero();
  }

  private static long dirtyAfter(CommandLineRun run, String step) throws IOException {
    return run.step(step).at("/bitmaps/0/dirty-bytes").asLong(-1);
  }

  /** What the last step before a step says of the bitmap. */
  private static long dirtyBefore(CommandLineRun run, String step) throws IOException {
    int number = run.step(step).get("step").asInt();
    long dirty = -1;
    for (JsonNode line : run.json()) {
      if (line.path("event").asText().equals("step")
          && line.get("step").asInt() < number
          && line.has("bitmaps")) {
        dirty = line.at("/bitmaps/0/dirty-bytes").asLong();
      }
    }
    return dirty;
  }

  private static CommandLineRun run(String example, String... more) {
    Object[] arguments = new Object[2 + more.length];
    arguments[0] = "run";
    arguments[1] = EXAMPLES.resolve(example);
    System.arraycopy(more, 0, arguments, 2, more.length);
    return CommandLineRun.of(arguments);
  }
}
