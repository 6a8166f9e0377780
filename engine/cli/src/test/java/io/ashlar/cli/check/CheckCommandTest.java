package io.ashlar.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ashlar.cli.CommandLineRun;
import io.ashlar.cli.Qemu;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.NodeDefinition;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code ashlar check} beside {@code qemu-img check}. */
final class CheckCommandTest {
  @TempDir static Path shared;
  private static byte[] good;

  @TempDir Path directory;
  private Path image;

  /** One run of qemu-img. */
  private record Theirs(int code, String out) {}

  /** Data in pieces, zero clusters of both kinds, compressed ones, a bitmap. */
  @BeforeAll
  static void makeImage() throws IOException {
    Path made = shared.resolve("made.qcow2");
    Qemu.run("qemu-img", "create", "-q", "-f", "qcow2", made.toString(), "600M");
    Qemu.run("qemu-img", "bitmap", "--add", made.toString(), "b0");
    List<String> io = new ArrayList<>(List.of("qemu-io", "-f", "qcow2"));
    for (String command :
        List.of(
            "write 0 192k",
            "write 1M 64k",
            "write 300k 64k",
            "write 599M 128k",
            "write -z 64k 64k",
            "write -z -u 1M 64k",
            "write -c 2M 64k",
            "write -c 520M 64k",
            "write -c 3M 64k",
            "write 3136k 128k")) {
      io.addAll(List.of("-c", command));
    }
    io.add(made.toString());
    Qemu.run(io.toArray(String[]::new));
    good = Files.readAllBytes(made);
  }

  @BeforeEach
  void place() throws IOException {
    image = Files.write(directory.resolve("disk.qcow2"), good);
  }

  @ParameterizedTest
  @EnumSource
  void printsWhatQemuPrints(BrokenImage damage) throws Exception {
    damage.doTo(image);
    byte[] before = Files.readAllBytes(image);
    for (String how : List.of("human", "json")) {
      Theirs theirs = theirs("--output=" + how, image.toString());
      CommandLineRun ours = CommandLineRun.of("check", "--output", how, image);
      assertThat(ours.out()).as(ours.all()).isEqualTo(theirs.out());
      assertThat(ours.code()).isEqualTo(theirs.code());
      assertThat(ours.err().isEmpty()).isEqualTo(damage == BrokenImage.NOTHING);
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"DATA_BEHIND_THE_END", "RESERVED_BIT_IN_L2"})
  void mendsWhatQemuMends(BrokenImage damage) throws Exception {
    damage.doTo(image);
    byte[] broken = Files.readAllBytes(image);
    JsonNode found = CommandLineRun.of("check", "--output", "json", image).whole();
    CommandLineRun ours = CommandLineRun.of("check", "-r", "all", image);
    assertThat(ours.code()).as(ours.all()).isZero();
    if (damage != BrokenImage.NOTHING) {
      assertThat(ours.out())
          .contains("    " + found.path("leaks").asInt() + " leaked clusters\n")
          .contains("    " + found.path("corruptions").asInt() + " corruptions\n");
    }
    Qemu.check(image);
    assertThat(Qemu.bitmapFlags(image, "b0")).containsExactly("auto");
    Path sound = Files.write(directory.resolve("sound.qcow2"), good);
    Qemu.run("qemu-img", "compare", image.toString(), sound.toString());

    Files.write(image, broken);
    Theirs theirs = theirs("-r", "all", image.toString());
    assertThat(start(ours.out())).isEqualTo(start(theirs.out()));
  }

  /**
   * What was mended and found, without where things lie now: each has a place of its own. QEMU
   * counts errors that it wrote over; one that goes with another is none.
   */
  private static String start(String out) {
    return out.replaceAll("(?m)^Image end offset.*|[0-9.]+% fragmented|[0-9]+ corruptions", "");
  }

  @ParameterizedTest
  @EnumSource(names = {"TWO_LEAKED_CLUSTERS", "REFCOUNT_TWO_ON_DATA", "REFCOUNT_ZERO_ON_L2"})
  void mendsLeaksWhereNothingElseIsWrong(BrokenImage damage) throws Exception {
    damage.doTo(image);
    byte[] broken = Files.readAllBytes(image);
    CommandLineRun ours = CommandLineRun.of("check", "-r", "leaks", "--output", "json", image);
    if (damage == BrokenImage.TWO_LEAKED_CLUSTERS) {
      assertThat(ours.code()).as(ours.all()).isZero();
      assertThat(ours.whole().get("leaks-fixed").asInt()).isEqualTo(2);
      Qemu.check(image);
    } else {
      assertThat(ours.code()).as(ours.all()).isEqualTo(2);
      assertThat(ours.err()).contains("so repair all");
      assertThat(Files.readAllBytes(image)).isEqualTo(broken);
    }
  }

  @Test
  void whatCannotBeMendedIsLeftAndTold() throws Exception {
    BrokenImage.RESERVED_BIT_IN_L2.doTo(image);
    BrokenImage.LEAKED_CLUSTER.doTo(image);
    CommandLineRun ours = CommandLineRun.of("check", "-r", "all", image);
    assertThat(ours.code()).as(ours.all()).isEqualTo(2);
    assertThat(ours.out()).contains("    1 leaked clusters\n", "1 errors were found on the image");
    assertThat(ours.err()).contains("reserved bits set");
    assertThat(theirs(image.toString()).code()).isEqualTo(2);
  }

  @Test
  void anImageThatIsMarkedCorruptCanBeWrittenAgain() throws Exception {
    BrokenImage.mark(image);
    BrokenImage.REFCOUNT_ZERO_ON_DATA.doTo(image);
    CommandLineRun ours = CommandLineRun.of("check", "-r", "all", image);
    assertThat(ours.code()).as(ours.all()).isZero();
    Qemu.check(image);
    Qemu.run("qemu-io", "-c", "write 0 64k", image.toString());
  }

  @Test
  void oneThatStaysCorruptStaysMarked() throws Exception {
    BrokenImage.mark(image);
    BrokenImage.RESERVED_BIT_IN_L2.doTo(image);
    CommandLineRun ours = CommandLineRun.of("check", "-r", "all", image);
    assertThat(ours.code()).as(ours.all()).isEqualTo(2);
    assertThat(ours.err()).contains("not all was mended", "Image is corrupt");
    assertThat(Qemu.info(image).at("/format-specific/data/corrupt").asBoolean()).isTrue();
  }

  @Test
  void anOverlayIsCheckedWithoutWhatIsBelow() throws Exception {
    Path overlay = directory.resolve("overlay.qcow2");
    Qemu.run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        "disk.qcow2",
        "-F",
        "qcow2",
        overlay.toString());
    Qemu.run("qemu-io", "-c", "write 0 64k", overlay.toString());
    BrokenImage.REFCOUNT_ZERO_ON_DATA.doTo(overlay);
    Files.move(image, directory.resolve("elsewhere"));
    CommandLineRun ours = CommandLineRun.of("check", "-r", "all", overlay);
    assertThat(ours.code()).as(ours.all()).isZero();
    Files.move(directory.resolve("elsewhere"), image);
    Qemu.check(overlay);
    assertThat(Qemu.info(overlay).get("backing-filename").asText()).isEqualTo("disk.qcow2");
  }

  @Test
  void exitCodesAreThoseOfQemu() throws Exception {
    Path raw = Files.write(directory.resolve("disk.raw"), new byte[65536]);
    Path none = directory.resolve("none");
    for (Path file : List.of(raw, none)) {
      CommandLineRun ours = CommandLineRun.of("check", file);
      assertThat(ours.code()).as(ours.all()).isEqualTo(theirs(file.toString()).code());
      assertThat(ours.out()).isEmpty();
    }
    assertThat(CommandLineRun.of("check", raw).code()).isEqualTo(63);
    assertThat(CommandLineRun.of("check", raw).err())
        .isEqualTo("ashlar: This image format does not support checks\n");
    assertThat(CommandLineRun.of("check", none).err()).contains("FILE_NOT_FOUND");
    assertThat(CommandLineRun.of("check", "-f", "qcow2", raw).code()).isEqualTo(1);
    assertThat(CommandLineRun.of("check", "-r", "some", image).code()).isEqualTo(1);
    assertThat(CommandLineRun.of("check").code()).isEqualTo(1);
  }

  @Test
  void whoHasTheImageIsNotDisturbed() throws Exception {
    BrokenImage.LEAKED_CLUSTER.doTo(image);
    try (Ashlar engine = Ashlar.start()) {
      NodeDefinition file = NodeDefinition.of("file", "f").with("filename", image.toString());
      engine.graph().add(NodeDefinition.of("qcow2", "disk").with("file", file)).await();
      CommandLineRun ours = CommandLineRun.of("check", "-r", "all", image);
      assertThat(ours.code()).as(ours.all()).isEqualTo(1);
      assertThat(ours.err()).contains("FILE_LOCKED");
      assertThat(theirs("-r", "all", image.toString()).code()).isEqualTo(1);
    }
  }

  private Theirs theirs(String... arguments) throws Exception {
    Qemu.run("qemu-img", "--version");
    List<String> words = new ArrayList<>(List.of("qemu-img", "check"));
    words.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(words)
            .redirectError(ProcessBuilder.Redirect.to(new File(directory.toFile(), "err")))
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Theirs(process.waitFor(), out);
  }
}
