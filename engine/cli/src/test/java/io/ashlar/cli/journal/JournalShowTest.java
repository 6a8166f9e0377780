package io.ashlar.cli.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ashlar.cli.CommandLineRun;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.NodeDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command, on journals that a real engine made. */
final class JournalShowTest {
  @TempDir Path dir;
  private Path image;
  private Path journal;

  @BeforeEach
  void place() {
    image = dir.resolve("a.qcow2");
    journal = dir.resolve("a.qcow2.ashlar-journal");
  }

  private void engine(boolean close, java.util.function.Consumer<Ashlar> work) {
    Ashlar engine = Ashlar.start();
    try {
      Map<String, Object> file = Map.of("driver", "file", "filename", image.toString());
      if (!Files.exists(image)) {
        engine.graph().create("file", Map.of("filename", image.toString(), "size", 0L)).await();
        engine.graph().create("qcow2", Map.of("file", file, "size", 1L << 20)).await();
      }
      NodeDefinition node =
          NodeDefinition.of("qcow2", "disk").with("file", NodeDefinition.of(file));
      engine.graph().add(node).await();
      work.accept(engine);
    } finally {
      if (close) {
        engine.close();
      }
    }
  }

  private static void clearABitmap(Ashlar engine) {
    engine.bitmaps().add("disk", "b\u001b[0m", Bitmaps.Settings.PERSISTENT).await();
    engine.bitmaps().clear("disk", "b\u001b[0m").await();
  }

  @Test
  void printsWhoDidWhat() {
    engine(true, JournalShowTest::clearABitmap);
    CommandLineRun run = CommandLineRun.of("journal", "show", image);
    assertThat(run.code()).as(run.all()).isZero();
    assertThat(run.err()).isEmpty();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1))
        .matches(
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z {2}cleared '.*'"
                + " {2}\\[block-dirty-bitmap-clear, node disk, process "
                + ProcessHandle.current().pid()
                + " of "
                + System.getProperty("user.name")
                + " on .*]")
        .doesNotContain("\u001b");
    assertThat(CommandLineRun.of("journal", "show", image, "--all").out().lines())
        .hasSizeGreaterThan(2);
  }

  @Test
  void printsJsonLines() throws IOException {
    engine(true, JournalShowTest::clearABitmap);
    List<JsonNode> lines = CommandLineRun.of("journal", "show", "--json", image).json();
    assertThat(lines).hasSize(2);
    JsonNode added = lines.get(0);
    assertThat(added.get("event").asText()).isEqualTo("bitmap-added");
    assertThat(added.get("bitmap").asText()).isEqualTo("b\u001b[0m");
    assertThat(added.get("granularity").asLong()).isEqualTo(65536);
    assertThat(added.get("command").asText()).isEqualTo("block-dirty-bitmap-add");
    assertThat(added.get("process").asLong()).isEqualTo(ProcessHandle.current().pid());
    assertThat(java.time.Instant.parse(added.get("time").asText()))
        .isAfter(java.time.Instant.parse("2020-01-01T00:00:00Z"));
    assertThat(lines.get(1).get("event").asText()).isEqualTo("bitmap-cleared");
  }

  @Test
  void worksWhileTheImageIsInUseAndChangesNothing() {
    engine(
        true,
        engine -> {
          clearABitmap(engine);
          try {
            byte[] before = Files.readAllBytes(journal);
            CommandLineRun run = CommandLineRun.of("journal", "show", image);
            assertThat(run.code()).as(run.all()).isZero();
            assertThat(run.out().lines()).hasSize(2);
            assertThat(Files.readAllBytes(journal)).isEqualTo(before);
            engine.bitmaps().remove("disk", "b\u001b[0m").await();
            assertThat(CommandLineRun.of("journal", "show", image).out().lines()).hasSize(3);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  @Test
  void findsItThroughALinkAndByItsOwnName() throws IOException {
    engine(true, JournalShowTest::clearABitmap);
    Path link = Files.createSymbolicLink(dir.resolve("link"), image);
    assertThat(CommandLineRun.of("journal", "show", link).out().lines()).hasSize(2);
    assertThat(CommandLineRun.of("journal", "show", journal).out().lines()).hasSize(2);
  }

  @Test
  void aDamagedJournalIsShownUpToTheDamage() throws IOException {
    engine(true, JournalShowTest::clearABitmap);
    byte[] bytes = Files.readAllBytes(journal);
    byte[] name = HexFormat.of().parseHex("6269746d61702d636c656172"); // bitmap-clear
    bytes[indexOf(bytes, name)] ^= 1;
    Files.write(journal, bytes);
    CommandLineRun run = CommandLineRun.of("journal", "show", image);
    assertThat(run.code()).as(run.all()).isEqualTo(1);
    assertThat(run.out().lines().toList()).hasSize(1).first().asString().contains("added");
    assertThat(run.err().lines().toList())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("ashlar: JOURNAL_DAMAGED: journal '" + journal + "' is damaged at byte");
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (java.util.Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }

  @Test
  void whatIsNoJournalIsOneClearError() throws IOException {
    Files.writeString(image, "x");
    CommandLineRun none = CommandLineRun.of("journal", "show", image);
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.out()).isEmpty();
    assertThat(none.err().lines().toList())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("ashlar: FILE_NOT_FOUND:")
        .contains("there is no file '" + journal + "'");
    Files.writeString(journal, "no journal at all");
    CommandLineRun odd = CommandLineRun.of("journal", "show", image);
    assertThat(odd.code()).isEqualTo(1);
    assertThat(odd.err().lines().toList()).hasSize(1);
    assertThat(odd.err()).contains("JOURNAL_DAMAGED");
    CommandLineRun gone = CommandLineRun.of("journal", "show", dir.resolve("none"));
    assertThat(gone.code()).isEqualTo(1);
    assertThat(gone.err().lines().toList()).hasSize(1);
  }

  @Test
  void wrongUseIsTwo() {
    assertThat(CommandLineRun.of("journal").code()).isEqualTo(2);
    assertThat(CommandLineRun.of("journal", "show").code()).isEqualTo(2);
    assertThat(CommandLineRun.of("journal", "show", "--help").out()).contains("--json");
  }
}
