package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockException;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Images for these tests, and what is seen of them from outside. */
final class Images {
  /** The bitmap that {@link #withBitmap} makes. */
  static final String BITMAP = "b0";

  private Images() {}

  /** A qcow2 image of 4 MiB. */
  static Path plain(Path file) {
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", file, "4M");
    return file;
  }

  /** The same with a persistent bitmap that records. */
  static Path withBitmap(Path file) {
    plain(file);
    QemuTools.run("qemu-img", "bitmap", "--add", file, BITMAP);
    return file;
  }

  /** A qcow2 node over a file, read-write unless told otherwise. */
  static NodeDefinition qcow2(String node, Path file) {
    return NodeDefinition.of("qcow2", node)
        .with("file", NodeDefinition.of("file", node + "-file").with("filename", file.toString()));
  }

  /** A device that writes. */
  static BlockDevice writer(Ashlar engine, String node) {
    return engine.graph().attach(node, DeviceSettings.writer(node + "-user")).await();
  }

  /** A device that reads. */
  static BlockDevice reader(Ashlar engine, String node) {
    return engine.graph().attach(node, DeviceSettings.reader(node + "-user")).await();
  }

  /** So many bytes of a value. */
  static ByteBuffer bytes(int value, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  /**
   * The flags of the bitmap as qemu-img lists them, read past all locks. The bitmap of a fence is
   * there at most while it is in use.
   */
  static List<String> flags(Path image) {
    Config info =
        ConfigFactory.parseString(
            QemuTools.run("qemu-img", "info", "-U", "-f", "qcow2", "--output=json", image));
    List<? extends Config> bitmaps = info.getConfigList("format-specific.data.bitmaps");
    assertThat(bitmaps.get(0).getString("name")).isEqualTo(BITMAP);
    List<String> flags = bitmaps.get(0).getStringList("flags");
    assertThat(bitmaps).as("%s", info).hasSizeBetween(1, flags.contains("in-use") ? 2 : 1);
    if (bitmaps.size() > 1) {
      assertThat(bitmaps.get(1).getString("name")).isEqualTo("ashlar.fence");
      assertThat(bitmaps.get(1).getStringList("flags")).isEmpty();
    }
    return flags;
  }

  /** Expects a {@link BlockException} and returns it. */
  static BlockException refused(ThrowingCallable call) {
    try {
      call.call();
    } catch (BlockException e) {
      return e;
    } catch (Throwable e) {
      throw new AssertionError("not a BlockException", e);
    }
    throw new AssertionError("it was not refused");
  }

  /** Name, modification time and content of every file below a directory. */
  static Map<String, String> snapshot(Path directory) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String time = Files.getLastModifiedTime(file).toString();
        found.put(directory.relativize(file).toString(), time + " " + sha256(file));
      }
    }
    return found;
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
