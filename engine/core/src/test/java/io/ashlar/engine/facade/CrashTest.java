package io.ashlar.engine.facade;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.Preallocation;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Image and journal as a killed process leaves them: copied while an engine uses them, and opened
 * by another one. Real files, real drivers.
 */
class CrashTest {
  private static final long MIB = 1 << 20;
  private static final long GRANULE = 65_536;
  private static final long LENGTH = 64 * MIB;

  @TempDir Path dir;
  private final List<Ashlar> engines = new ArrayList<>();
  private Path image;
  private Ashlar engine;
  private int crashes;

  @BeforeEach
  void start() {
    image = dir.resolve("a.qcow2");
    engine = engine();
    engine.graph().create("file", Map.of("filename", image.toString(), "size", 0L)).await();
    engine.graph().create("qcow2", Map.of("file", file(image), "size", LENGTH)).await();
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
  }

  private Ashlar engine() {
    Ashlar started = Ashlar.start(Map.of());
    engines.add(started);
    return started;
  }

  @AfterEach
  void stop() {
    engines.forEach(Ashlar::close);
  }

  private static Map<String, Object> file(Path path) {
    return Map.of("driver", "file", "filename", path.toString());
  }

  private void open(boolean readOnly) {
    open(readOnly, Map.of());
  }

  private void open(boolean readOnly, Map<String, ?> options) {
    NodeDefinition node =
        NodeDefinition.of("qcow2", "disk")
            .with("file", NodeDefinition.of(file(image)))
            .with("read-only", readOnly);
    for (Map.Entry<String, ?> option : options.entrySet()) {
      node = node.with(option.getKey(), option.getValue());
    }
    engine.graph().add(node).await();
  }

  /** Nothing may hide where the image is; this filter does not call its child "file". */
  @Test
  void aFilterBelowTheImageDoesNotHideItsJournal() {
    engine.graph().remove("disk").await();
    openFiltered();
    write(5 * MIB);
    crash();
    openFiltered();
    assertThat(info("b").recovery()).isNotNull();
    assertThat(dirty("b", 5 * MIB)).isTrue();
  }

  private void openFiltered() {
    NodeDefinition filter =
        NodeDefinition.of("blkdebug", "debug").with("image", NodeDefinition.of(file(image)));
    engine.graph().add(NodeDefinition.of("qcow2", "disk").with("file", filter)).await();
  }

  private void write(long offset) {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("w")).await()) {
      guest.write(offset, ByteBuffer.allocate(512).putInt(0, 1));
    }
  }

  private BitmapInfo info(String name) {
    return engine.bitmaps().list("disk").await().stream()
        .filter(b -> b.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private boolean dirty(String name, long offset) {
    DirtyView view = engine.bitmaps().dirty("disk", name).await();
    return view instanceof DirtyView.Exact exact
        && exact.extents().stream()
            .anyMatch(e -> e.offset() <= offset && offset < e.offset() + e.length());
  }

  private Path journal() {
    return image.resolveSibling(image.getFileName() + ".ashlar-journal");
  }

  /** What is there at this moment, for another engine. */
  private void crash() {
    Path place = dir.resolve("crash" + ++crashes);
    try {
      Files.createDirectory(place);
      Path journal = journal();
      Path copied = place.resolve("a.qcow2");
      Files.copy(image, copied);
      image = copied;
      if (Files.exists(journal)) {
        Files.copy(journal, journal());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    engine = engine();
  }

  private void recovered(String name) {
    assertThat(info(name).inconsistent()).as("%s", info(name)).isFalse();
    assertThat(info(name).recovery()).as("%s", info(name)).isNotNull();
  }

  @Test
  void writesSurviveInTheFirstBitmapAndNoMoreThanTheirRegions() {
    write(5 * MIB);
    write(20 * MIB);
    crash();
    open(false);
    recovered("b");
    assertThat(dirty("b", 5 * MIB)).isTrue();
    assertThat(dirty("b", 20 * MIB)).isTrue();
    assertThat(info("b").dirtyBytes()).isEqualTo(2 * MIB);
    assertThat(info("b").recovery().overApproximatedBytes()).isEqualTo(2 * MIB);
    write(40 * MIB);
    crash();
    open(false);
    recovered("b");
    assertThat(dirty("b", 5 * MIB)).isTrue();
    assertThat(dirty("b", 40 * MIB)).isTrue();
    assertThat(info("b").dirtyBytes()).isEqualTo(3 * MIB);
  }

  @Test
  void whatIsClearedStaysClear() {
    write(5 * MIB);
    engine.bitmaps().clear("disk", "b").await();
    write(20 * MIB);
    crash();
    open(false);
    recovered("b");
    assertThat(dirty("b", 5 * MIB)).isFalse();
    assertThat(dirty("b", 20 * MIB)).isTrue();
  }

  private byte[] read(long offset) {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.reader("r")).await()) {
      ByteBuffer sector = ByteBuffer.allocate(512);
      guest.read(offset, sector);
      return sector.array();
    }
  }

  /** What a backup may have read when the bitmap began is there after the crash, or dirty in it. */
  @ParameterizedTest
  @ValueSource(strings = {"add", "enable", "clear"})
  void whatWasWrittenBeforeABitmapBeganIsNotLost(String how) {
    engine.bitmaps().add("disk", "off", new Bitmaps.Settings(GRANULE, true, true)).await();
    write(5 * MIB);
    String name =
        switch (how) {
          case "add" -> {
            engine.bitmaps().add("disk", "n", Bitmaps.Settings.PERSISTENT).await();
            yield "n";
          }
          case "enable" -> {
            engine.bitmaps().enable("disk", "off").await();
            yield "off";
          }
          default -> {
            engine.bitmaps().clear("disk", "b").await();
            yield "b";
          }
        };
    byte[] then = read(5 * MIB);
    crash();
    open(false);
    recovered(name);
    assertThat(read(5 * MIB)).isEqualTo(then);
    assertThat(dirty(name, 5 * MIB)).isFalse();
  }

  @Test
  void everyCommandIsKept() {
    engine.bitmaps().add("disk", "off", new Bitmaps.Settings(GRANULE, true, false)).await();
    engine.bitmaps().add("disk", "gone", Bitmaps.Settings.PERSISTENT).await();
    engine.bitmaps().add("disk", "t", new Bitmaps.Settings(GRANULE, false, false)).await();
    write(5 * MIB);
    engine.bitmaps().disable("disk", "off").await();
    engine.bitmaps().remove("disk", "gone").await();
    engine.bitmaps().clear("disk", "b").await();
    write(20 * MIB);
    engine.bitmaps().merge("disk", "b", List.of(new BitmapRef("disk", "t"))).await();
    crash();
    open(false);
    recovered("b");
    recovered("off");
    assertThat(info("off").recording()).isFalse();
    assertThat(dirty("off", 5 * MIB)).isTrue();
    assertThat(dirty("off", 20 * MIB)).as("not recorded").isFalse();
    assertThat(dirty("b", 5 * MIB)).as("merged back").isTrue();
    assertThat(engine.bitmaps().list("disk").await()).hasSize(2);
  }

  @Test
  void aResizeIsKept() {
    write(63 * MIB);
    engine.graph().resize("disk", LENGTH + 8 * MIB, Preallocation.OFF).await();
    write(LENGTH + 4 * MIB);
    crash();
    open(false);
    recovered("b");
    assertThat(dirty("b", 63 * MIB)).isTrue();
    assertThat(dirty("b", LENGTH + 4 * MIB)).isTrue();
  }

  @Test
  void afterACleanCloseNothingIsAsked() {
    write(5 * MIB);
    engine.graph().remove("disk").await();
    delete(journal());
    open(false);
    assertThat(info("b").inconsistent()).isFalse();
    assertThat(info("b").recovery()).isNull();
    assertThat(info("b").dirtyBytes()).isEqualTo(GRANULE);
  }

  @Test
  void aReadOnlyOpenRecoversAndWritesNothing() throws IOException {
    write(5 * MIB);
    crash();
    byte[] before = Files.readAllBytes(image);
    byte[] journal = Files.readAllBytes(journal());
    open(true);
    recovered("b");
    assertThat(dirty("b", 5 * MIB)).isTrue();
    engine.graph().remove("disk").await();
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(Files.readAllBytes(journal())).isEqualTo(journal);
    open(true);
    reopen(false);
    write(30 * MIB);
    crash();
    open(false);
    recovered("b");
    assertThat(dirty("b", 5 * MIB)).isTrue();
    assertThat(dirty("b", 30 * MIB)).isTrue();
    engine.graph().remove("disk").await();
    open(true);
    assertThat(info("b").recovery()).as("stored by now").isNull();
    assertThat(dirty("b", 5 * MIB)).isTrue();
  }

  private void reopen(boolean readOnly) {
    engine
        .graph()
        .reopen(List.of(NodeDefinition.of("qcow2", "disk").with("read-only", readOnly)))
        .await();
  }

  @Test
  void aMissingJournalIsNamed() {
    write(5 * MIB);
    crash();
    delete(journal());
    refused("is not there");
  }

  @Test
  void aDamagedJournalIsNotBelieved() {
    write(5 * MIB);
    crash();
    change(
        journal(),
        file -> {
          byte[] all = new byte[(int) file.length()];
          file.readFully(all);
          // In the first frame behind the header.
          file.seek(4096 + 70);
          file.write(all[4096 + 70] ^ 1);
        });
    refused("is damaged");
  }

  @Test
  void aJournalThatWasCutIsNotBelieved() {
    write(5 * MIB);
    crash();
    change(journal(), file -> file.setLength(8192));
    refused("journal");
  }

  @Test
  void anotherImagesJournalIsNotBelieved() throws IOException {
    write(5 * MIB);
    crash();
    Path mine = image;
    image = dir.resolve("other.qcow2");
    engine.graph().create("file", Map.of("filename", image.toString(), "size", 0L)).await();
    engine.graph().create("qcow2", Map.of("file", file(image), "size", LENGTH)).await();
    open(false);
    engine.bitmaps().add("disk", "b", Bitmaps.Settings.PERSISTENT).await();
    engine.graph().remove("disk").await();
    Path others = journal();
    image = mine;
    Files.delete(journal());
    Files.move(others, journal());
    refused("is not the one that the image names");
  }

  @Test
  void anOlderJournalIsNotBelieved() throws IOException {
    Path older = dir.resolve("older");
    write(5 * MIB);
    Files.copy(journal(), older);
    write(20 * MIB);
    flush();
    crash();
    Files.delete(journal());
    Files.copy(older, journal());
    refused("older than the image");
  }

  @Test
  void aNewerJournalIsNotBelieved() throws IOException {
    write(5 * MIB);
    Path older = dir.resolve("older");
    Files.copy(image, older);
    engine.bitmaps().clear("disk", "b").await();
    write(20 * MIB);
    crash();
    Files.delete(image);
    Files.copy(older, image);
    refused("do not belong together");
  }

  @Test
  void anUnreadableJournalIsNamed() throws IOException {
    write(5 * MIB);
    crash();
    Files.delete(journal());
    Files.createDirectory(journal());
    refused("journal");
  }

  private void flush() {
    try (BlockDevice guest = engine.graph().attach("disk", DeviceSettings.writer("w")).await()) {
      guest.flush();
    }
  }

  /** The image is usable all the same, read-only and read-write, and so is a new bitmap. */
  private void refused(String reason) {
    open(true);
    assertThat(info("b").inconsistent()).isTrue();
    assertThat(info("b").reason()).contains(reason);
    engine.graph().remove("disk").await();
    open(false);
    assertThat(info("b").inconsistent()).isTrue();
    assertThat(info("b").reason()).contains(reason);
    write(50 * MIB);
    engine.bitmaps().remove("disk", "b").await();
    engine.bitmaps().add("disk", "n", Bitmaps.Settings.PERSISTENT).await();
    write(51 * MIB);
    assertThat(info("n").dirtyBytes()).isEqualTo(GRANULE);
    engine.graph().remove("disk").await();
    open(true);
    assertThat(info("n").dirtyBytes()).isEqualTo(GRANULE);
    assertThat(info("n").inconsistent()).isFalse();
  }

  /** Something done to a file. */
  private interface Change {
    void to(RandomAccessFile file) throws IOException;
  }

  private static void change(Path path, Change change) {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      change.to(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
