package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.OpenOptions;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.tests.qemu.QemuTools;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input: one clear error with the right code, and nothing changed. */
final class BadInputTest {
  private static final int VERSION_OFFSET = 7;

  @TempDir Path directory;

  private Ashlar engine;

  @BeforeEach
  void start() {
    engine = Ashlar.start();
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void aMissingFile() throws Exception {
    Path absent = directory.resolve("absent.qcow2");
    refused(ErrorCode.FILE_NOT_FOUND, Images.qcow2("disk", absent), absent.toString());
    assertThat(absent).doesNotExist();
  }

  @Test
  void theWrongFormat() throws Exception {
    Path raw = Files.write(directory.resolve("raw.img"), new byte[1 << 20]);
    refused(ErrorCode.WRONG_FORMAT, Images.qcow2("disk", raw), "disk", "qcow2");
    Path text = Files.writeString(directory.resolve("notes.txt"), "not a disk");
    refused(ErrorCode.WRONG_FORMAT, Images.qcow2("disk", text), "disk", "qcow2");
    Path empty = Files.createFile(directory.resolve("empty"));
    refused(ErrorCode.WRONG_FORMAT, Images.qcow2("disk", empty), "disk", "qcow2");
  }

  @Test
  void aTruncatedImage() throws Exception {
    Path image = Images.plain(directory.resolve("disk.qcow2"));
    QemuTools.io(image, "write -P 5 0 1M");
    for (int length : new int[] {50, 103, 65_536, 70_000}) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(length);
      }
      NodeDefinition definition = Images.qcow2("disk", image);
      Map<String, String> before = Images.snapshot(directory);
      BlockException refusal = Images.refused(() -> engine.graph().add(definition).await());
      assertThat(refusal.code())
          .as("%d: %s", length, refusal.getMessage())
          .isIn(ErrorCode.IMAGE_CORRUPT, ErrorCode.WRONG_FORMAT);
      assertThat(refusal.getMessage()).contains("disk");
      assertThat(Images.snapshot(directory)).isEqualTo(before);
      assertThat(engine.graph().nodes().await()).isEmpty();
    }
  }

  @Test
  void anImageOfANewerVersion() throws Exception {
    Path image = Images.plain(directory.resolve("disk.qcow2"));
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(VERSION_OFFSET);
      file.write(4);
    }
    refused(ErrorCode.UNKNOWN_VERSION, Images.qcow2("disk", image), "disk", "4");
  }

  @Test
  void aBackingFileThatNobodyMapped() throws Exception {
    Path base = Images.plain(directory.resolve("base.qcow2"));
    Path image = overlay("disk.qcow2", base);
    BlockException refusal =
        refused(ErrorCode.REFERENCE_UNMAPPED, Images.qcow2("disk", image), base.toString());
    assertThat(refusal.reference()).isPresent();
  }

  @Test
  void aBackingFileThatIsMissing() throws Exception {
    Path base = Images.plain(directory.resolve("base.qcow2"));
    Path image = overlay("disk.qcow2", base.getFileName());
    Files.delete(base);
    NodeDefinition mapped =
        Images.qcow2("disk", image)
            .with("backing", Images.qcow2("base", base).with("read-only", true));
    refused(ErrorCode.FILE_NOT_FOUND, mapped, base.toString());
    BlockException refusal =
        Images.refused(() -> engine.open(image, new OpenOptions("qcow2", true, directory)).await());
    assertThat(refusal.code()).isEqualTo(ErrorCode.FILE_NOT_FOUND);
    assertThat(refusal.getMessage()).contains("base.qcow2");
  }

  @Test
  void aChainOfBackingFilesThatBitesItsTail() throws Exception {
    Path one = directory.resolve("one.qcow2");
    Path two = directory.resolve("two.qcow2");
    Images.plain(one);
    overlay("two.qcow2", one.getFileName());
    QemuTools.run(
        "qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", two.getFileName(), one);
    Map<String, String> before = Images.snapshot(directory);
    BlockException refusal =
        Images.refused(() -> engine.open(two, new OpenOptions("qcow2", true, directory)).await());
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(ErrorCode.GRAPH_CYCLE);
    assertThat(refusal.getMessage()).contains("one.qcow2");
    assertThat(Images.snapshot(directory)).isEqualTo(before);
    assertThat(engine.graph().nodes().await()).isEmpty();
  }

  @Test
  void aReadOnlyFileOpenedForWriting() throws Exception {
    Path place = Files.createDirectory(directory.resolve("place"));
    Path image = Images.plain(place.resolve("disk.qcow2"));
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("r--r--r--"));
    if (Files.isWritable(image)) {
      // Root may write all the same; not so in a file system that is read-only.
      mounted("mount", "--bind", place, place);
      mounted("mount", "-o", "remount,ro,bind", place);
    }
    try {
      refused(ErrorCode.ACCESS_DENIED, Images.qcow2("disk", image), image.toString());
    } finally {
      QemuTools.outcome("umount", place);
    }
  }

  private static void mounted(Object... command) {
    QemuTools.Outcome outcome = QemuTools.outcome(command);
    Assumptions.assumeTrue(outcome.exit() == 0, "needs the right to mount: " + outcome.text());
  }

  @Test
  void aReadOnlyNodeIsNotWrittenTo() throws Exception {
    Path image = Images.plain(directory.resolve("disk.qcow2"));
    Map<String, String> before = Images.snapshot(directory);
    engine.graph().add(Images.qcow2("disk", image).with("read-only", true)).await();
    BlockException refusal = Images.refused(() -> Images.writer(engine, "disk"));
    assertThat(refusal.code())
        .as(refusal.getMessage())
        .isIn(ErrorCode.READ_ONLY, ErrorCode.PERMISSION_CONFLICT);
    assertThat(refusal.getMessage()).contains("disk");
    try (BlockDevice reader = Images.reader(engine, "disk")) {
      assertThat(Images.refused(() -> reader.write(0, Images.bytes(1, 512))).code())
          .isEqualTo(ErrorCode.READ_ONLY);
    }
    engine.graph().remove("disk").await();
    assertThat(Images.snapshot(directory)).isEqualTo(before);
  }

  @Test
  void twoNodesOfOneName() throws Exception {
    Path one = Images.plain(directory.resolve("one.qcow2"));
    Path two = Images.plain(directory.resolve("two.qcow2"));
    engine.graph().add(Images.qcow2("disk", one)).await();
    Map<String, String> before = Images.snapshot(directory);
    BlockException refusal =
        Images.refused(() -> engine.graph().add(Images.qcow2("disk", two)).await());
    assertThat(refusal.code()).isEqualTo(ErrorCode.NODE_EXISTS);
    assertThat(refusal.getMessage()).contains("disk");
    assertThat(Images.snapshot(directory)).isEqualTo(before);
    assertThat(engine.graph().nodes().await()).as("disk and its file").hasSize(2);
  }

  @Test
  void anUnknownIncompatibleFeature() throws Exception {
    Path image = Images.plain(directory.resolve("disk.qcow2"));
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(72); // incompatible features, the highest byte: bit 61
      file.write(0x20);
    }
    refused(ErrorCode.UNKNOWN_FEATURE, Images.qcow2("disk", image), "disk", "61");
  }

  private Path overlay(String name, Path base) {
    Path image = directory.resolve(name);
    QemuTools.run(
        "qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", base, "-F", "qcow2", image, "4M");
    return image;
  }

  private BlockException refused(ErrorCode code, NodeDefinition definition, String... words)
      throws Exception {
    Map<String, String> before = Images.snapshot(directory);
    BlockException refusal = Images.refused(() -> engine.graph().add(definition).await());
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(code);
    assertThat(refusal.getMessage()).contains(words).doesNotContain("\n");
    assertThat(Images.snapshot(directory)).isEqualTo(before);
    assertThat(engine.graph().nodes().await()).as("nodes left").isEmpty();
    return refusal;
  }
}
