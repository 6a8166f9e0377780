package io.ashlar.tests.qemu;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Checksums of stored bitmaps as QEMU loads them. */
public final class BitmapSums {
  private BitmapSums() {}

  /**
   * Opens images read-only in one storage daemon and asks it for the SHA-256 of a bitmap of each.
   *
   * @return sums in the order of the images
   */
  public static List<String> of(String bitmap, Path... images) {
    List<String> lines = new ArrayList<>();
    lines.add("{\"execute\":\"qmp_capabilities\"}");
    for (int i = 0; i < images.length; i++) {
      lines.add(
          String.format(
              "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"qcow2\",\"backing\":null,"
                  + "\"node-name\":\"n%d\",\"read-only\":true,"
                  + "\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}}",
              i, images[i]));
      lines.add(
          String.format(
              "{\"execute\":\"x-debug-block-dirty-bitmap-sha256\","
                  + "\"arguments\":{\"node\":\"n%d\",\"name\":\"%s\"}}",
              i, bitmap));
    }
    lines.add("{\"execute\":\"quit\"}");
    String answers = converse(String.join("\n", lines) + "\n");
    List<String> sums = new ArrayList<>();
    for (String line : answers.lines().toList()) {
      Config answer = ConfigFactory.parseString(line);
      if (answer.hasPath("error")) {
        throw new AssertionError("qemu-storage-daemon: " + answers);
      }
      if (answer.hasPath("return.sha256")) {
        sums.add(answer.getString("return.sha256"));
      }
    }
    if (sums.size() != images.length) {
      throw new AssertionError("qemu-storage-daemon: " + answers);
    }
    return sums;
  }

  private static String converse(String questions) {
    Process daemon =
        QemuTools.start(
            new ProcessBuilder(
                    "qemu-storage-daemon", "--chardev", "stdio,id=c", "--monitor", "chardev=c")
                .redirectErrorStream(true));
    try {
      daemon.getOutputStream().write(questions.getBytes(StandardCharsets.US_ASCII));
      daemon.getOutputStream().flush();
      String answers = new String(daemon.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!daemon.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("qemu-storage-daemon did not end");
      }
      return answers;
    } catch (IOException e) {
      throw new AssertionError("qemu-storage-daemon is gone", e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    } finally {
      daemon.destroyForcibly();
    }
  }
}
