package io.ashlar.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.FenceReport;
import io.ashlar.tests.fence.FencedImages.Variant;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that QEMU's programs do to an image, measured: whether guests' data changed, and
 * whether the parts of a fence still look untouched. The table of docs/fence.md is what comes out
 * with QEMU 10.0; with any QEMU, no change of data leaves the whole fence as it was, but for a
 * program that overwrites bytes of the file without looking at the format.
 */
class FenceTableTest {
  private static final String RAW = "bytes of a data cluster overwritten";
  private static final int FENCE = 0x4173686C;
  private static final int NAMES = 0x6803F857;

  @TempDir Path directory;
  private final Map<Variant, byte[]> images = new EnumMap<>(Variant.class);
  private int number;

  @Test
  void noOperationOfQemu_changesDataAndLeavesTheFenceWhole() throws IOException {
    for (Variant variant : Variant.values()) {
      images.put(variant, FencedImages.make(directory, variant));
    }
    assertThat(FencedImages.report(images.get(Variant.SENT)))
        .isEqualTo(new FenceReport.Whole(FencedImages.FENCE));
    List<String> rows = new ArrayList<>();
    for (ForeignOperation operation : ForeignOperation.all()) {
      rows.add(row(operation));
    }
    String measured = String.join("\n", rows);
    for (String row : rows) {
      assertThat(row.endsWith("MISS |")).as(measured).isEqualTo(row.contains(RAW));
    }
    assertThat(rows.stream().filter(row -> row.endsWith("ok |")).count()).isGreaterThan(12);
    if (QemuTools.run("qemu-img", "--version").contains("version 10.0.")) {
      Path page = Path.of(System.getProperty("ashlar.root"), "docs", "fence.md");
      assertThat(Files.readString(page)).contains(measured);
    }
  }

  private String row(ForeignOperation operation) throws IOException {
    StringBuilder row = new StringBuilder("| " + operation.name());
    StringBuilder changes = new StringBuilder();
    StringBuilder verdicts = new StringBuilder();
    for (Variant variant : Variant.values()) {
      byte[] before = images.get(variant);
      Path place = Files.createDirectory(directory.resolve("op" + number++));
      Path image = FencedImages.write(place.resolve("disk"), before);
      operation.action().on(image);
      byte[] after = FencedImages.bytes(image);
      boolean changed = !Arrays.equals(content(before), content(after));
      changes.append(variant == Variant.CLEAN ? "" : "/").append(changed ? "yes" : "no");
      boolean a = bitAndExtension(before, after);
      boolean b = a && Arrays.equals(extension(before, NAMES), extension(after, NAMES));
      verdicts.append(" | ").append(verdict(a, changed)).append(" · ").append(verdict(b, changed));
      if (variant == Variant.SENT) {
        boolean whole = FencedImages.report(after) instanceof FenceReport.Whole;
        verdicts.append(" · ").append(verdict(whole, changed));
      }
    }
    return row.append(" | ").append(short3(changes.toString())).append(verdicts) + " |";
  }

  private static String short3(String changes) {
    List<String> each = List.of(changes.split("/"));
    return each.stream().distinct().count() == 1 ? each.get(0) : changes;
  }

  private static String verdict(boolean trusted, boolean changed) {
    return !trusted ? "det" : changed ? "MISS" : "ok";
  }

  private static boolean bitAndExtension(byte[] before, byte[] after) {
    ByteBuffer b = ByteBuffer.wrap(after);
    return b.getInt(4) == 3
        && (b.getLong(88) >>> 40 & 1) != 0
        && Arrays.equals(extension(before, FENCE), extension(after, FENCE));
  }

  private static byte[] extension(byte[] image, int type) {
    int at = FencedImages.extension(image, type);
    return at < 0
        ? new byte[0]
        : Arrays.copyOfRange(image, at, at + 8 + ByteBuffer.wrap(image).getInt(at + 4));
  }

  /** What a guest reads, by QEMU. */
  private byte[] content(byte[] image) {
    Path file = FencedImages.write(directory.resolve("look"), image);
    Path raw = directory.resolve("look.raw");
    QemuTools.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", file, raw);
    return FencedImages.bytes(raw);
  }
}
