package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.tests.qemu.QemuTools;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large disks in little memory, each in a JVM of its own. */
final class MemoryTest {
  private static final long MIB = 1 << 20;

  @TempDir Path slow;

  @Test
  void openingOneTebibyteAndReadingAllOverItPassesWithA64MibHeap() throws Exception {
    Path memory = Path.of("/dev/shm");
    boolean fast =
        Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 1L << 30;
    Path directory = fast ? Files.createTempDirectory(memory, "ashlar-large") : slow;
    Path image = directory.resolve("large.qcow2");
    try {
      // With metadata for every cluster: 128 MiB of L2 tables, 16 MiB of refcounts.
      QemuTools.run(
          "qemu-img", "create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", image, "1T");
      QemuTools.run("qemu-img", "bitmap", "--add", image, Images.BITMAP);
      String said = forked("-Xmx64m", ReadAllOver.class, image.toString());
      assertThat(said).contains("read " + ReadAllOver.READS + " places");
      assertThat(Images.flags(image)).containsExactly("auto");
    } finally {
      Files.deleteIfExists(image);
      Files.deleteIfExists(directory.resolve(image.getFileName() + ".ashlar-journal"));
      if (fast) {
        Files.delete(directory);
      }
    }
  }

  @Test
  void aBitmapOf64TebibytesWithAThousandSpotsFitsIntoOneMebibyte() {
    String said = forked("-Xmx256m", ManySpots.class);
    long bytes = Long.parseLong(said.strip().replaceAll("(?s).*bytes a bitmap: (\\d+).*", "$1"));
    System.out.println("64 TiB, 64 KiB granules, 1,000 spots: " + bytes + " bytes a bitmap");
    // Less than the spots' own leaves would mean that nothing was recorded.
    assertThat(bytes).isBetween(64_000L, MIB);
  }

  private static String forked(String heap, Class<?> main, String... arguments) {
    Object[] command = new Object[6 + arguments.length];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "java");
    command[1] = heap;
    command[2] = "-XX:+UseSerialGC";
    command[3] = "-cp";
    command[4] = System.getProperty("java.class.path");
    command[5] = main.getName();
    System.arraycopy(arguments, 0, command, 6, arguments.length);
    return QemuTools.run(command);
  }
}
