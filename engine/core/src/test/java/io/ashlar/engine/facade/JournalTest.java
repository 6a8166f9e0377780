package io.ashlar.engine.facade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.ImageHistory;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal beside an image, over real files and the real drivers. */
class JournalTest {
  private static final long MIB = 1 << 20;

  @TempDir Path dir;
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private Path image;
  private Path journal;
  private Ashlar engine;

  @BeforeEach
  void start() {
    image = dir.resolve("a.qcow2");
    journal = dir.resolve("a.qcow2.ashlar-journal");
    start(Map.of());
    engine.graph().create("file", Map.of("filename", image.toString(), "size", 0L)).await();
    engine.graph().create("qcow2", Map.of("file", file(), "size", 8 * MIB)).await();
  }

  private void start(Map<String, ?> settings) {
    engine = Ashlar.start(settings);
    engine.onEvent(
        Runnable::run,
        event -> {
          if (event instanceof Event.FromNode from
              && from.event() instanceof NodeEvent.Warning warning) {
            warnings.add(warning.message());
          }
        });
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  private Map<String, Object> file() {
    return Map.of("driver", "file", "filename", image.toString());
  }

  private void open(boolean readOnly) {
    open(readOnly, null);
  }

  private void open(boolean readOnly, String place) {
    NodeDefinition node =
        NodeDefinition.of("qcow2", "disk")
            .with("file", NodeDefinition.of(file()))
            .with("read-only", readOnly);
    engine.graph().add(place == null ? node : node.with("journal", place)).await();
  }

  private void close() {
    engine.graph().remove("disk").await();
  }

  private void reopen(boolean readOnly) {
    assertThat(
            engine
                .graph()
                .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", readOnly)))
                .await()
                .committed())
        .isTrue();
  }

  private void write() {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("w")).await()) {
      guest.write(0, ByteBuffer.allocate(512));
    }
  }

  private List<String> told() {
    return Ashlar.history(image).entries().stream().map(ImageHistory.Entry::text).toList();
  }

  private List<String> changes() {
    return Ashlar.history(image).entries().stream()
        .filter(entry -> !entry.routine())
        .map(ImageHistory.Entry::text)
        .toList();
  }

  private List<Path> files() throws IOException {
    try (var found = Files.list(dir)) {
      return found.toList();
    }
  }

  @Test
  void allThatHappensIsTold() throws IOException {
    open(false);
    assertThat(files()).as("no persistent bitmap yet").containsExactly(image);
    engine.bitmaps().add("disk", "t", new Bitmaps.Settings(0, false, false)).await();
    assertThat(files()).containsExactly(image);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    assertThat(Files.getPosixFilePermissions(journal))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    engine.bitmaps().merge("disk", "b", List.of(new BitmapRef("disk", "t"))).await();
    engine.bitmaps().clear("disk", "b").await();
    engine.bitmaps().disable("disk", "b").await();
    engine.bitmaps().enable("disk", "b").await();
    assertThat(told()).as("while it is open").last().isEqualTo("enabled 'b'");
    reopen(true);
    reopen(false);
    engine.bitmaps().remove("disk", "b").await();
    close();
    assertThat(told())
        .containsExactly(
            "opened with 0 bitmaps",
            "added 'b' (granularity 65536)",
            "merged 'disk/t' into 'b'",
            "cleared 'b'",
            "disabled 'b'",
            "enabled 'b'",
            "stored 1 bitmap",
            "opened with 1 bitmap",
            "marked 1 bitmap in use",
            "removed 'b'");
    assertThat(warnings).isEmpty();
    ImageHistory.Entry cleared = Ashlar.history(image).entries().get(3);
    assertThat(cleared.event()).isEqualTo("bitmap-cleared");
    assertThat(cleared.command()).isEqualTo("block-dirty-bitmap-clear");
    assertThat(cleared.node()).isEqualTo("disk");
    assertThat(cleared.process()).isEqualTo(ProcessHandle.current().pid());
    assertThat(cleared.user()).isEqualTo(System.getProperty("user.name"));
    assertThat(cleared.host()).isNotEmpty();
    assertThat(cleared.millis()).isBetween(1_700_000_000_000L, System.currentTimeMillis());
  }

  @Test
  void aReadOnlyOpenMakesNothingAndChangesNothing() throws IOException {
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    close();
    byte[] bytes = Files.readAllBytes(journal);
    open(true);
    close();
    assertThat(Files.readAllBytes(journal)).isEqualTo(bytes);
    Files.delete(journal);
    open(true);
    close();
    assertThat(files()).containsExactly(image);
  }

  @Test
  void itIsMadeAtTheFirstReadWriteOpenOfAnImageWithABitmap() throws IOException {
    open(false, "off");
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    close();
    assertThat(files()).as("off").containsExactly(image);
    open(true);
    reopen(false);
    assertThat(changes())
        .containsExactly("found at opening: bitmap 'b' was in the image when this journal began");
    assertThat(warnings).isEmpty();
  }

  @Test
  void theSettingTurnsItOffAndTheOptionNamesAPlaceAllTheSame() throws IOException {
    engine.close();
    start(Map.of("journals.place", "off"));
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    close();
    assertThat(files()).containsExactly(image);
    Path other = dir.resolve("elsewhere");
    open(false, other.toString());
    engine.bitmaps().clear("disk", "b").await();
    close();
    assertThat(files()).containsExactlyInAnyOrder(image, other);
    Path named = Files.move(other, dir.resolve("copy.ashlar-journal"));
    assertThat(Ashlar.history(named).entries()).anyMatch(e -> e.text().equals("cleared 'b'"));
    assertThatThrownBy(() -> Ashlar.start(Map.of("journals.place", "of")))
        .hasMessageContaining("neither 'beside' nor 'off'");
  }

  @Test
  void aLinkedImageHasItsJournalBesideItself() throws IOException {
    Path links = Files.createDirectory(dir.resolve("links"));
    Path real = image;
    image = Files.createSymbolicLink(links.resolve("link"), real);
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    close();
    assertThat(journal).exists();
    assertThat(changes()).contains("added 'b' (granularity 65536)");
  }

  @Test
  void aCopyOfTheImageDoesNotTakeTheJournal() throws IOException {
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    close();
    Path copy = Files.copy(image, dir.resolve("copy"));
    Files.move(copy, image, StandardCopyOption.REPLACE_EXISTING);
    byte[] bytes = Files.readAllBytes(journal);
    open(false);
    engine.bitmaps().clear("disk", "b").await();
    write();
    close();
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("'disk'", journal.toString(), "another image", "remove or rename it");
    assertThat(Files.readAllBytes(journal)).isEqualTo(bytes);
  }

  @Test
  void aPlaceThatCannotBeWrittenIsSaidAndTheImageWorks() {
    open(false, dir.resolve("none").resolve("j").toString());
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    write();
    engine.bitmaps().clear("disk", "b").await();
    close();
    assertThat(warnings).singleElement().asString().contains("no history", "none/j");
  }

  @Test
  void withoutAJournalThePlaceIsNamed() {
    assertThatThrownBy(() -> Ashlar.history(image))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FILE_NOT_FOUND))
        .hasMessageContaining(journal.toString());
  }

  @Test
  void anActivationIsTold() {
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    engine.graph().setActive("disk", false).await();
    engine.graph().setActive("disk", true).await();
    engine.bitmaps().clear("disk", "b").await();
    close();
    assertThat(told())
        .containsSubsequence(
            "stored 1 bitmap", "opened with 1 bitmap", "marked 1 bitmap in use", "cleared 'b'");
    assertThat(warnings).isEmpty();
  }

  @Test
  void theJournalFollowsTheImageToAnotherFile() throws IOException {
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    close();
    List<String> before = told();
    Path copy = Files.copy(image, dir.resolve("copy.qcow2"));
    for (String name : List.of("a", "copy")) {
      engine
          .graph()
          .add(
              NodeDefinition.of("file", name)
                  .with("filename", dir.resolve(name + ".qcow2").toString()))
          .await();
    }
    engine
        .graph()
        .add(NodeDefinition.of("qcow2", "disk").with("file", "a").with("read-only", true))
        .await();
    engine
        .graph()
        .reopen(
            List.of(
                NodeDefinition.of("qcow2", "disk").with("file", "copy").with("read-only", false)))
        .await();
    engine.bitmaps().clear("disk", "b").await();
    close();
    assertThat(told()).isEqualTo(before);
    assertThat(Ashlar.history(copy).entries().stream().map(ImageHistory.Entry::text))
        .contains("opened with 1 bitmap", "marked 1 bitmap in use", "cleared 'b'");
  }
}
