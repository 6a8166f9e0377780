package io.ashlar.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.driver.qcow2.Qcow2Driver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.tests.fence.FencedImages.Variant;
import io.ashlar.tests.qemu.QemuTools;
import io.ashlar.tests.qemu.StorageDaemon;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A crash of the machine under QEMU while it writes to an image that Ashlar left: whichever of
 * QEMU's writes between two flushes reached the disk, data that changed never stands beside a fence
 * that is whole. Without the fence's own bitmap it does, which is why there is one.
 */
class FenceWriteOrderTest {
  private static final String LOGGED =
      "{'execute':'blockdev-add','arguments':{'driver':'blklogwrites','node-name':'logged',"
          + "'file':{'driver':'file','filename':'%s'},'log':{'driver':'file','filename':'%s'},"
          + "'log-sector-size':512}}";

  @TempDir static Path directory;
  private static final Map<Variant, byte[]> IMAGES = new HashMap<>();

  /** How many images of a crash there were, and how many would be trusted wrongly. */
  private record Count(int states, int changed, int wrong, int misledWithoutSentinel) {}

  @BeforeAll
  static void make() {
    for (Variant variant : Variant.values()) {
      IMAGES.put(variant, FencedImages.make(directory, variant));
    }
  }

  @Test
  void aWritingOpen_isNoticedAtEachPoint() {
    Count sent = judge(Variant.SENT, logOfOpen(Variant.SENT));
    assertThat(sent.changed()).as("%s", sent).isPositive();
    assertThat(sent.wrong()).as("%s", sent).isZero();
    Count crash = judge(Variant.CRASH, logOfOpen(Variant.CRASH));
    assertThat(crash.misledWithoutSentinel()).as("%s", crash).isPositive();
  }

  @Test
  void aCommitIntoIt_isNoticedAtEachPoint() {
    Count sent = judge(Variant.SENT, logOfCommit(Variant.SENT));
    assertThat(sent.changed()).as("%s", sent).isPositive();
    assertThat(sent.wrong()).as("%s", sent).isZero();
    Count crash = judge(Variant.CRASH, logOfCommit(Variant.CRASH));
    assertThat(crash.misledWithoutSentinel()).as("%s", crash).isPositive();
  }

  private static WriteLog logOfOpen(Variant variant) {
    Path image = FencedImages.write(directory.resolve("open-" + variant), IMAGES.get(variant));
    Path log = FencedImages.write(directory.resolve("open.log"), new byte[0]);
    QemuTools.run(
        "qemu-io",
        "--image-opts",
        "-c",
        "write -P 9 0 64k",
        "-c",
        "write -P 9 2M 64k",
        "driver=qcow2,file.driver=blklogwrites,file.log-sector-size=512,file.file.driver=file"
            + ",file.log.driver=file,file.file.filename="
            + image
            + ",file.log.filename="
            + log);
    return new WriteLog(FencedImages.bytes(log));
  }

  private static WriteLog logOfCommit(Variant variant) {
    Path image = FencedImages.write(directory.resolve("base-" + variant), IMAGES.get(variant));
    Path log = FencedImages.write(directory.resolve("commit.log"), new byte[0]);
    Path top = directory.resolve("top-" + variant);
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", top);
    QemuTools.io(top, "write -P 9 0 64k", "write -P 9 2M 64k");
    try (StorageDaemon daemon = StorageDaemon.start()) {
      daemon.run(LOGGED.formatted(image, log));
      daemon.run(
          "{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'base',"
              + "'read-only':true,'file':'logged'}}");
      ForeignOperation.commit(daemon, top);
    }
    return new WriteLog(FencedImages.bytes(log));
  }

  private static Count judge(Variant variant, WriteLog log) {
    assertThat(log.writes()).isPositive();
    byte[] start = IMAGES.get(variant);
    byte[] before = content(start);
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    int[] counts = new int[4];
    log.crashes(
        start,
        new Random(seed),
        image -> {
          boolean changed = !Arrays.equals(before, content(image));
          boolean whole = FencedImages.report(image) instanceof FenceReport.Whole;
          counts[0]++;
          counts[1] += changed ? 1 : 0;
          counts[2] += changed && whole ? 1 : 0;
          counts[3] += changed && looksUntouched(start, image) ? 1 : 0;
        });
    return new Count(counts[0], counts[1], counts[2], counts[3]);
  }

  /** Bit, extension and name are as they were. */
  private static boolean looksUntouched(byte[] before, byte[] after) {
    int end = FencedImages.extension(before, 0);
    return Arrays.equals(before, 88, 96, after, 88, 96)
        && Arrays.equals(before, 112, end, after, 112, end);
  }

  /** What a guest reads; an image that cannot be read has changed. */
  private static byte[] content(byte[] image) {
    try {
      TestHost host = TestHost.create().child("file", FencedImages.memory(image));
      BlockNode node = host.readOnly(true).open(new Qcow2Driver());
      byte[] bytes = new byte[(int) node.length()];
      node.read(0, ByteBuffer.wrap(bytes), 0);
      return bytes;
    } catch (BlockException e) {
      return new byte[0];
    }
  }
}
