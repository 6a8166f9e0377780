package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.TestHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random requests in each cache mode, against an array of bytes. */
final class FileModelTest {
  private static final int LIMIT = 3 << 20;

  @TempDir Path directory;

  static Stream<CacheMode> modes() {
    return Stream.of(
        CacheMode.WRITEBACK,
        CacheMode.WRITETHROUGH,
        CacheMode.NONE,
        CacheMode.DIRECTSYNC,
        CacheMode.UNSAFE);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void readsBackWhatRandomRequestsLeft(CacheMode mode) throws IOException {
    long seed = System.nanoTime();
    System.out.println("FileModelTest " + mode + " seed " + seed);
    Random random = new Random(seed);
    Path path = directory.resolve("f");
    byte[] model = new byte[0];
    Files.write(path, model);
    TestHost host =
        TestHost.create()
            .fileIo(new LinuxFileIo())
            .nodeOptions(NodeOptions.DEFAULTS.withCache(mode).withDiscardUnmap(true));
    try (BlockNode node = host.open(new FileDriver(), Map.of("filename", path.toString()))) {
      for (int i = 0; i < 250; i++) {
        model = step(node, model, random);
        assertThat(node.length()).as("length, seed %d step %d", seed, i).isEqualTo(model.length);
        assertThat(path).as("file, seed %d step %d", seed, i).hasSize(model.length);
        if (i % 10 == 0) {
          compare(node, model, random, seed);
        }
      }
      compare(node, model, random, seed);
      node.flush();
    }
    assertThat(Files.readAllBytes(path)).as("seed %d", seed).isEqualTo(model);
  }

  private static byte[] step(BlockNode node, byte[] model, Random random) {
    int offset = position(random, LIMIT / 2);
    int length = 1 + position(random, random.nextInt(10) == 0 ? LIMIT / 2 : 20_000);
    int flags = random.nextBoolean() ? IoFlags.NONE : IoFlags.FUA;
    switch (random.nextInt(6)) {
      case 0, 1, 2 -> {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        ByteBuffer source = buffer(length, random).put(bytes).flip();
        node.write(offset, source, flags);
        assertThat(source.hasRemaining()).isFalse();
        byte[] longer = Arrays.copyOf(model, Math.max(model.length, offset + length));
        System.arraycopy(bytes, 0, longer, offset, length);
        return longer;
      }
      case 3 -> {
        node.writeZeroes(offset, length, flags | (random.nextBoolean() ? IoFlags.MAY_UNMAP : 0));
        byte[] longer = Arrays.copyOf(model, Math.max(model.length, offset + length));
        Arrays.fill(longer, offset, offset + length, (byte) 0);
        return longer;
      }
      case 4 -> {
        // Holes read as zeroes in a file; other nodes may leave anything.
        node.discard(offset, length, IoFlags.NONE);
        int end = Math.min(model.length, offset + length);
        if (offset < end) {
          Arrays.fill(model, offset, end, (byte) 0);
        }
        return model;
      }
      default -> {
        int newLength = random.nextInt(3) == 0 ? offset : model.length + length / 4;
        boolean grows = newLength >= model.length;
        Preallocation[] modes = {Preallocation.OFF, Preallocation.FALLOC, Preallocation.FULL};
        node.truncate(newLength, grows ? modes[random.nextInt(3)] : Preallocation.OFF);
        return Arrays.copyOf(model, newLength);
      }
    }
  }

  private static void compare(BlockNode node, byte[] model, Random random, long seed) {
    byte[] expected = Arrays.copyOf(model, model.length + 777);
    ByteBuffer all = buffer(expected.length, random);
    node.read(0, all, IoFlags.NONE);
    byte[] found = new byte[expected.length];
    all.flip().get(found);
    assertThat(Arrays.mismatch(found, expected))
        .as("first difference, seed %d", seed)
        .isEqualTo(-1);
    if (model.length > 5000) {
      int from = random.nextInt(model.length - 4500);
      ByteBuffer part = buffer(4321, random);
      node.read(from, part, IoFlags.NONE);
      byte[] bytes = new byte[4321];
      part.flip().get(bytes);
      assertThat(bytes).isEqualTo(Arrays.copyOfRange(expected, from, from + 4321));
    }
    for (long at = 0; at < model.length; ) {
      BlockStatus status = node.status(at, model.length - at);
      assertThat(status.length()).isBetween(1L, model.length - at);
      assertThat(status.data()).isNotEqualTo(status.zero());
      for (long i = at; status.zero() && i < at + status.length(); i++) {
        assertThat(model[(int) i]).as("byte %d in a hole, seed %d", i, seed).isZero();
      }
      at += status.length();
    }
  }

  private static int position(Random random, int bound) {
    int any = random.nextInt(bound);
    return switch (random.nextInt(3)) {
      case 0 -> any & -4096;
      case 1 -> any & -512;
      default -> any;
    };
  }

  /** Heap or direct, at an aligned address or not. */
  private static ByteBuffer buffer(int length, Random random) {
    if (random.nextBoolean()) {
      return ByteBuffer.allocate(length);
    }
    ByteBuffer aligned = ByteBuffer.allocateDirect(length + 12288).alignedSlice(4096);
    int skew = random.nextBoolean() ? 0 : random.nextInt(4096);
    return aligned.slice(skew, length);
  }
}
