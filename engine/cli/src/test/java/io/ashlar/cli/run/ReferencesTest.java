package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.cli.CommandLineRun;
import io.ashlar.cli.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names inside images open nothing, unless the file or the user says what they stand for. */
final class ReferencesTest {
  @TempDir Path directory;

  private Path base;
  private Path top;

  @BeforeEach
  void makeChain() {
    base = directory.resolve("base.qcow2");
    Path middle = directory.resolve("middle.qcow2");
    top = directory.resolve("top.qcow2");
    Qemu.run("qemu-img", "create", "-q", "-f", "qcow2", base.toString(), "1M");
    Qemu.run("qemu-io", "-c", "write -P 0xaa 0 64k", base.toString());
    overlay(middle, "base.qcow2");
    overlay(top, "middle.qcow2");
  }

  @Test
  void anAbsentBackingIsRefusedWithTheBlockToAdd() throws IOException {
    CommandLineRun run = open(top, "");
    assertThat(run.code()).as(run.all()).isEqualTo(1);
    assertThat(run.out())
        .contains("graph.conf:1: REFERENCE_UNMAPPED")
        .contains("'disk'")
        .contains("backing = null")
        .contains("--allow-references DIR");
    // The block is good as it is, but for the directory.
    Matcher block = Pattern.compile("add to the node: +(.*)").matcher(run.out());
    assertThat(block.find()).as(run.out()).isTrue();
    String first = block.group(1).replace("middle.qcow2", directory + "/middle.qcow2");
    assertThat(open(top, first).out()).contains("names").contains("base.qcow2");
    String whole =
        first.replaceFirst(
            "} }$",
            "}, backing { driver = qcow2, file { driver = file, filename = \"" + base + "\" } } }");
    assertThat(open(top, whole).code()).as(whole).isZero();
  }

  @Test
  void nullOpensTheImageWithout() throws IOException {
    CommandLineRun run = open(top, "backing = null", "0x00");
    assertThat(run.code()).as(run.all()).isZero();
  }

  @Test
  void theUserCanAllowADirectory() throws IOException {
    CommandLineRun run = open(top, "", "0xaa", "--allow-references", directory);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(open(top, "backing = null", "0x00", "--allow-references", directory).code())
        .isZero();
  }

  @Test
  void storageAddedBeforeIsKnownByItsName() throws IOException {
    Path file = directory.resolve("graph.conf");
    Files.writeString(
        file,
        "graph = [ { driver = file, node-name = f, filename = \""
            + top
            + "\" }\n{ driver = qcow2, node-name = disk, file = f } ]\n"
            + "run = [ { read { node = disk, expect-pattern = 0xaa } } ]");
    CommandLineRun run = CommandLineRun.of("run", file, "--allow-references", directory);
    assertThat(run.code()).as(run.all()).isZero();
  }

  @Test
  void namesThatLeadElsewhereAreNotFollowed() throws IOException {
    Path inner = Files.createDirectories(directory.resolve("inner"));
    Files.createSymbolicLink(inner.resolve("link.qcow2"), base);
    Files.createDirectories(inner.resolve("dir.qcow2"));
    String[][] names = {
      {"../base.qcow2", "leads out of"},
      {"link.qcow2", "leads out of"},
      {"dir.qcow2", "not a regular file"},
      {"none.qcow2", "there is no such file"},
      {base.toString(), "only names relative"},
      {"file:base.qcow2", "only plain file names"},
      {"json:{\"driver\":\"file\",\"filename\":\"base.qcow2\"}", "only plain file names"},
      {"nbd://localhost/x", "only plain file names"}
    };
    for (String[] name : names) {
      Path image = inner.resolve("image.qcow2");
      Files.deleteIfExists(image);
      overlay(image, name[0]);
      CommandLineRun run = open(image, "", "0xaa", "--allow-references", inner);
      assertThat(run.code()).as(name[0] + "\n" + run.all()).isEqualTo(1);
      String code = name[0].startsWith("none") ? "FILE_NOT_FOUND" : "REFERENCE_UNMAPPED";
      assertThat(run.out()).contains(code).contains(name[1]);
    }
  }

  @Test
  void aChainThatComesBackIsRefused() throws IOException {
    Path one = directory.resolve("one.qcow2");
    Path two = directory.resolve("two.qcow2");
    overlay(one, "two.qcow2");
    overlay(two, "one.qcow2");
    CommandLineRun run = open(one, "", "0x00", "--allow-references", directory);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).contains("GRAPH_CYCLE").contains("comes back to");
  }

  private static void overlay(Path image, String backing) {
    Qemu.run(
        "qemu-img",
        "create",
        "-q",
        "-u",
        "-f",
        "qcow2",
        "-b",
        backing,
        "-F",
        "qcow2",
        image.toString(),
        "1M");
  }

  private CommandLineRun open(Path image, String more) throws IOException {
    return open(image, more, "0xaa");
  }

  private CommandLineRun open(Path image, String more, String pattern, Object... options)
      throws IOException {
    Path file = directory.resolve("graph.conf");
    Files.writeString(
        file,
        "graph = [ { driver = qcow2, node-name = disk, file { driver = file, filename = \""
            + image
            + "\" }, "
            + more
            + " } ]\nrun = [ { read { node = disk, expect-pattern = "
            + pattern
            + " } } ]");
    Object[] arguments = new Object[2 + options.length];
    arguments[0] = "run";
    arguments[1] = file;
    System.arraycopy(options, 0, arguments, 2, options.length);
    return CommandLineRun.of(arguments);
  }
}
