package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is left of an image when its storage fails or the machine goes down. */
class Qcow2FaultTest {
  @TempDir Path directory;

  static Stream<Cell> cells() {
    return Stream.of(
        new Cell(9, 3, 64, Cell.Backing.NONE, false),
        new Cell(9, 2, 16, Cell.Backing.SHORTER, false),
        new Cell(12, 3, 1, Cell.Backing.LONGER, false),
        new Cell(16, 3, 16, Cell.Backing.NONE, false));
  }

  /** The machine may go down at every sync, with any of the sectors since the last one written. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cells")
  void everyCrashState_checksCleanOrLeaks_andHoldsWhatWasFlushed(Cell cell) {
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] below = cell.below(random);
    MemoryNode file = MemoryNode.growing();
    TestHost host = cell.host(file, below);
    BlockNode node = host.open(new Qcow2Driver(), Map.of("l2-cache-size", 8192L));
    Operations operations = new Operations(cell, random, cell.content(below));
    List<MemoryNode> crashes = new ArrayList<>();
    file.faults()
        .hook(
            (operation, offset, length) -> {
              if (operation == Operation.FLUSH && random.nextInt(3) == 0 && crashes.size() < 25) {
                crashes.add(mixed(file, random));
              }
            });
    for (int round = 0; round < 30; round++) {
      for (int i = 0; i < 10; i++) {
        operations.step(node);
      }
      if (round % 10 == 9) {
        node.flush();
        Path image = Cell.save(file.crashed(), below, directory);
        assertNoCorruption(image, seed);
        Path raw = QemuTools.save(MemoryNode.of(operations.expected), directory.resolve("raw"));
        QemuTools.run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw);
      }
    }
    node.close();
    assertThat(crashes).hasSizeGreaterThan(1);
    for (MemoryNode crash : crashes) {
      assertNoCorruption(Cell.save(crash, below, directory), seed);
    }
  }

  /** The disk after a crash: of each sector that changed since the last flush, old or new. */
  private static MemoryNode mixed(MemoryNode file, Random random) {
    MemoryNode mixed = file.crashed();
    for (long at = 0; at < file.length(); at += 512) {
      byte[] now = file.get(at, 512);
      if (random.nextBoolean() && !Arrays.equals(now, mixed.get(at, 512))) {
        mixed.put(at, now);
      }
    }
    return mixed;
  }

  /** The n-th write or flush fails, once or for ever; the machine may go down right after. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cells")
  void failingStorage_leavesAnImageThatChecks(Cell cell) {
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int run = 0; run < 14; run++) {
      Operation operation = run % 2 == 0 ? Operation.WRITE : Operation.FLUSH;
      boolean forEver = run % 4 >= 2;
      failing(
          cell,
          random,
          operation,
          1 + random.nextInt(operation == Operation.FLUSH ? 12 : 60),
          forEver,
          seed);
    }
  }

  private void failing(
      Cell cell, Random random, Operation operation, int n, boolean forEver, long seed) {
    byte[] below = cell.below(random);
    MemoryNode file = MemoryNode.growing();
    TestHost host = cell.host(file, below);
    BlockNode node = host.open(new Qcow2Driver(), Map.of("l2-cache-size", 8192L));
    fail(file, operation, n, forEver);
    byte[] before = cell.content(below);
    Operations operations = new Operations(cell, random, before);
    int failures = 0;
    for (int i = 0; i < 60; i++) {
      try {
        operations.write(node, random.nextInt(before.length - 9000), 1 + random.nextInt(9000), 0);
        if (i % 7 == 0) {
          node.flush();
        }
      } catch (BlockException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR);
        failures++;
        operations.expected = read(node); // the failed range holds anything
      }
    }
    assertThat(failures).as("seed %d", seed).isPositive();
    assertNoCorruption(Cell.save(file.copy(), below, directory), seed);
    assertNoCorruption(Cell.save(file.crashed(), below, directory), seed);
    file.faults().clear();
    operations.compareAll(node);
    flushTelling(node);
    operations.compareAll(node);
    node.close();
    Path image = Cell.save(file, below, directory);
    assertNoCorruption(image, seed);
    Path raw = QemuTools.save(MemoryNode.of(operations.expected), directory.resolve("raw"));
    QemuTools.run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw);
  }

  /** A flush that failed inside of a write may have lost others' data: the next flush says so. */
  private static void flushTelling(BlockNode node) {
    try {
      node.flush();
    } catch (BlockException told) {
      assertThat(told).hasMessageContaining("FLUSH");
      node.flush();
    }
  }

  private static void fail(MemoryNode file, Operation operation, int n, boolean forEver) {
    if (forEver) {
      file.faults().failFrom(operation, n, ErrorCode.IO_ERROR);
    } else {
      file.faults().failOnce(operation, n, ErrorCode.IO_ERROR);
    }
  }

  private static byte[] read(BlockNode node) {
    ByteBuffer all = ByteBuffer.allocate((int) node.length());
    node.read(0, all, IoFlags.NONE);
    return all.array();
  }

  private static void assertNoCorruption(Path image, long seed) {
    QemuTools.Outcome outcome = QemuTools.outcome("qemu-img", "check", "-f", "qcow2", image);
    assertThat(outcome.exit())
        .as("seed %d: %s%s", seed, outcome.output(), outcome.errors())
        .isIn(0, 3);
  }

  @Test
  void aFullDisk_reachesTheWriter_andWorkGoesOnWhenThereIsSpace() {
    Cell cell = new Cell(16, 3, 16, Cell.Backing.NONE, false);
    MemoryNode file = MemoryNode.growing();
    TestHost host = cell.host(file, new byte[0]);
    BlockNode node = host.open(new Qcow2Driver());
    file.capacity(12 * 65536);
    byte[] data = new byte[65536];
    Arrays.fill(data, (byte) 7);
    int written = 0;
    try {
      for (int i = 0; i < 40; i++) {
        node.write(i * 65536L, ByteBuffer.wrap(data), 0);
        written++;
      }
    } catch (BlockException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE);
    }
    assertThat(written).isBetween(5, 10);
    int first = written;
    assertThatThrownBy(() -> node.write(first * 65536L, ByteBuffer.wrap(data), 0))
        .isInstanceOf(BlockException.class);
    node.flush();
    // Space that a discard frees serves the next write, though the file may not grow.
    node.discard(0, 65536, 0);
    node.write(first * 65536L, ByteBuffer.wrap(data), 0);
    file.capacity(Long.MAX_VALUE);
    node.write((first + 1) * 65536L, ByteBuffer.wrap(data), 0);
    node.close();
    QemuTools.assertClean(Cell.save(file, new byte[0], directory));
    List<String> kept = List.of("read -P 7 65536 " + (first + 1) * 65536L, "read -P 0 0 65536");
    Path image = directory.resolve("disk.qcow2");
    for (String command : kept) {
      assertThat(QemuTools.io(image, command)).doesNotContain("failed");
    }
  }
}
