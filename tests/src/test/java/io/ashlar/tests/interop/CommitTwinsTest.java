package io.ashlar.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.tests.qemu.BitmapSums;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random chains, committed by Ashlar and by {@code qemu-img commit} on twins: the bases are equal
 * and clean, and the base's bitmap misses nothing that changed. {@code -Dashlar.commit.chains=N}
 * sets how many, {@code -Dashlar.commit.seed=N} the first.
 */
class CommitTwinsTest {
  private static final int PIECE = 1 << 16;
  private static final int[] CLUSTERS = {512, 4096, 65536, 2 << 20};

  @TempDir Path dir;

  @Test
  void basesAreEqualAfterACommitByAshlarAndByQemu() throws IOException {
    long first = Long.getLong("ashlar.commit.seed", System.nanoTime());
    int sameBitmaps = 0;
    int chains = Integer.getInteger("ashlar.commit.chains", 12);
    for (int i = 0; i < chains; i++) {
      long seed = first + i;
      try {
        sameBitmaps += commitBoth(seed) ? 1 : 0;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("with -Dashlar.commit.seed=" + seed, e);
      }
    }
    assertThat(sameBitmaps).as("seed %d", first).isPositive();
  }

  private boolean commitBoth(long seed) throws IOException {
    Random random = new Random(seed);
    Path ours = Files.createDirectories(dir.resolve(seed + "/ours"));
    List<String> layers = chain(ours, random);
    Path theirs = copy(ours, dir.resolve(seed + "/theirs"));
    Path before = copy(ours, dir.resolve(seed + "/before"));

    commit(ours, layers, before.resolve("base.qcow2"));
    QemuTools.run(
        "qemu-img",
        "commit",
        "-q",
        "-d",
        "-b",
        theirs.resolve("base.qcow2"),
        theirs.resolve("top.qcow2"));

    Path our = ours.resolve("base.qcow2");
    Path their = theirs.resolve("base.qcow2");
    QemuTools.run("qemu-img", "check", "-q", our);
    QemuTools.run("qemu-img", "compare", "-q", our, their);
    // The chain still shows what it showed, through what is left of it.
    QemuTools.run("qemu-img", "compare", "-q", our, before.resolve("top.qcow2"));
    assertThat(Images.flags(our)).containsExactly("auto");
    List<String> sums = BitmapSums.of(Images.BITMAP, our, their);
    return sums.get(0).equals(sums.get(1));
  }

  /** Two or three images; the lower ones may be shorter or longer than those above. */
  private static List<String> chain(Path directory, Random random) {
    List<String> names =
        random.nextBoolean() ? List.of("base", "top") : List.of("base", "mid", "top");
    int pieces = 24 + random.nextInt(24);
    for (int i = 0; i < names.size(); i++) {
      boolean top = i == names.size() - 1;
      // A top that is shorter than its base would not be comparable as a whole.
      int own = top ? pieces : Math.max(8, pieces - random.nextInt(3) * 8);
      List<Object> create = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
      create.addAll(List.of("-o", "cluster_size=" + CLUSTERS[random.nextInt(CLUSTERS.length)]));
      if (i > 0) {
        create.addAll(List.of("-b", names.get(i - 1) + ".qcow2", "-F", "qcow2"));
      }
      Path file = directory.resolve(names.get(i) + ".qcow2");
      create.addAll(List.of(file, (long) own * PIECE));
      QemuTools.run(create.toArray());
      QemuTools.io(file, operations(own, random));
    }
    QemuTools.run("qemu-img", "bitmap", "--add", directory.resolve("base.qcow2"), Images.BITMAP);
    return names;
  }

  private static String[] operations(int pieces, Random random) {
    List<String> operations = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int at = random.nextInt(pieces);
      int length = 1 + random.nextInt(Math.min(6, pieces - at));
      long offset = (long) at * PIECE;
      long bytes = (long) length * PIECE;
      if (random.nextInt(3) == 0) { // not whole pieces
        offset += 512L * random.nextInt(64);
        bytes = Math.max(512, bytes - PIECE);
      }
      operations.add(
          switch (random.nextInt(5)) {
            case 0 -> "write -z " + offset + " " + bytes;
            case 1 -> "write -z -u " + offset + " " + bytes;
            case 2 -> "discard " + offset + " " + bytes;
            default -> "write -P " + (1 + random.nextInt(250)) + " " + offset + " " + bytes;
          });
    }
    return operations.toArray(String[]::new);
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  private static void commit(Path directory, List<String> layers, Path before) {
    try (Ashlar engine = Ashlar.start()) {
      String below = null;
      for (String layer : layers) {
        NodeDefinition definition =
            Images.qcow2(layer, directory.resolve(layer + ".qcow2"))
                .with("discard", "unmap")
                .with("read-only", !layer.equals("top"));
        definition = below == null ? definition : definition.with("backing", below);
        engine.graph().add(definition).await();
        below = layer;
      }
      byte[] shown = content(engine, "top");
      assertThat(engine.jobs().commit(CommitRequest.of("top")).await().result().await())
          .isNotNegative();
      byte[] now = content(engine, "base");
      assertThat(now).isEqualTo(shown);
      engine.graph().add(Images.qcow2("old", before).with("read-only", true)).await();
      byte[] old = content(engine, "old");
      DirtyView.Exact dirty =
          (DirtyView.Exact) engine.bitmaps().dirty("base", Images.BITMAP).await();
      for (int at = 0; at < now.length; at++) {
        byte was = at < old.length ? old[at] : 0;
        if (now[at] != was) {
          long offset = at;
          assertThat(dirty.extents())
              .as("the bitmap at %d", at)
              .anyMatch(e -> e.offset() <= offset && offset < e.offset() + e.length());
          at = at / 512 * 512 + 511;
        }
      }
    }
  }

  private static byte[] content(Ashlar engine, String node) {
    try (BlockDevice device = Images.reader(engine, node)) {
      byte[] bytes = new byte[(int) device.length()];
      device.read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }
}
