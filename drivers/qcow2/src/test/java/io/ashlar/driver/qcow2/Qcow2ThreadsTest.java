package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.system.SystemWaits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many callers on one node: each has bytes of its own, all share clusters, tables and flushes. */
class Qcow2ThreadsTest {
  private static final int THREADS = 6;
  private static final int STEPS = 250;

  @TempDir Path directory;

  static Stream<Cell> cells() {
    return Stream.of(
        new Cell(9, 3, 64, Cell.Backing.NONE, false),
        new Cell(12, 3, 1, Cell.Backing.SHORTER, false),
        new Cell(12, 2, 16, Cell.Backing.NONE, false),
        new Cell(16, 3, 16, Cell.Backing.LONGER, true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cells")
  @SuppressWarnings("ThreadPriorityCheck") // nothing depends on it: it only makes races likelier
  void callersThatShareClusters_loseNothing(Cell cell) {
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    byte[] below = cell.below(new Random(seed));
    MemoryNode file = MemoryNode.growing();
    BlockNode node =
        cell.host(file, below)
            .open(new Qcow2Driver(), Map.of("l2-cache-size", 8192L, "refcount-cache-size", 1L));
    byte[] expected = cell.content(below);
    // Whoever reaches the file lets the others go first: that is where races are lost.
    file.faults().hook((operation, offset, length) -> Thread.yield());
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Waits.WaitThread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int number = t;
      threads.add(
          SystemWaits.INSTANCE.start(
              "caller " + t,
              () -> {
                try {
                  work(cell, node, expected, number, new Random(seed + number));
                } catch (Throwable e) {
                  failures.add(e);
                }
              }));
    }
    for (Waits.WaitThread thread : threads) {
      assertThat(thread.join(TimeUnit.SECONDS.toNanos(120))).as("ended in time").isTrue();
    }
    assertThat(failures).as("seed %d", seed).isEmpty();
    assertSame(node, expected, 0, expected.length, seed);
    node.close();
    Path image = Cell.save(file, below, directory);
    QemuTools.assertClean(image);
    Path raw = QemuTools.save(MemoryNode.of(expected), directory.resolve("raw"));
    QemuTools.run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw);
  }

  /** Uses pieces of the disk that nobody else uses: every sixth one. */
  private static void work(Cell cell, BlockNode node, byte[] expected, int number, Random random) {
    int piece = 3 * 512;
    int pieces = expected.length / piece;
    for (int i = 0; i < STEPS; i++) {
      // At first all go along side by side, so that they meet in clusters that nobody has yet.
      int place = i < STEPS / 2 ? i % (pieces / THREADS) : random.nextInt(pieces / THREADS);
      int at = (place * THREADS + number) * piece;
      switch (i < STEPS / 2 ? 7 : random.nextInt(8)) {
        case 0 -> {
          node.writeZeroes(at, piece, IoFlags.MAY_UNMAP);
          Arrays.fill(expected, at, at + piece, (byte) 0);
        }
        case 1 -> node.flush();
        case 2 -> assertSame(node, expected, at, piece, i);
        case 3 -> {
          // Discards of parts of clusters change nothing; whole ones are this caller's alone.
          node.discard(at, piece, IoFlags.NONE);
          int cluster = 1 << cell.clusterBits();
          boolean kept = cell.version() == 2 && cell.backing() != Cell.Backing.NONE;
          int from = at + cluster - 1 & -cluster;
          int to = at + piece & -cluster;
          if (from < to && !kept) {
            Arrays.fill(expected, from, to, (byte) 0);
          }
        }
        default -> {
          byte[] bytes = new byte[piece];
          random.nextBytes(bytes);
          node.write(at, ByteBuffer.wrap(bytes), random.nextInt(20) == 0 ? IoFlags.FUA : 0);
          System.arraycopy(bytes, 0, expected, at, piece);
        }
      }
    }
  }

  private static void assertSame(BlockNode node, byte[] expected, int at, int length, long seed) {
    byte[] bytes = new byte[length];
    node.read(at, ByteBuffer.wrap(bytes), IoFlags.NONE);
    assertThat(Arrays.mismatch(bytes, 0, length, expected, at, at + length))
        .as("seed %d: first byte that differs of %d at %d", seed, length, at)
        .isEqualTo(-1);
  }
}
