package io.ashlar.tests.differential;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/** Makes sequences that go where mistakes are: edges of clusters and tables, ends, overlaps. */
final class OperationGenerator {
  private static final int MOST_READ = 1 << 16;

  private final int clusterSize;
  private final int version;
  private final long backingLength;
  private final Random random;
  private final boolean tall;
  private final BitSet touched = new BitSet();
  private final BitSet zeroed = new BitSet();
  private final List<Operation> operations = new ArrayList<>();
  private long length;
  private int resizes;

  /** A generator for a disk of that length. */
  OperationGenerator(Cell cell, long length, long backingLength, boolean tall, Random random) {
    this.clusterSize = cell.clusterSize();
    this.version = cell.version();
    this.backingLength = backingLength;
    this.length = length;
    this.tall = tall;
    this.random = random;
  }

  /** Makes at least that many operations. */
  List<Operation> make(int count) {
    int made = 0;
    if (random.nextInt(3) == 0) {
      resize(); // before anything hides what a new end uncovers
      made++;
    }
    while (made < count) {
      int before = operations.size();
      next(random.nextInt(100));
      for (Operation operation : operations.subList(before, operations.size())) {
        made += operation.weight();
      }
    }
    return operations;
  }

  private void next(int dice) {
    if (dice < 34) {
      write();
    } else if (dice < 48) {
      zeroes();
    } else if (dice < 60) {
      discard();
    } else if (dice < 66) {
      compressed();
    } else if (dice < 70) {
      compressedSingly();
    } else if (dice < 85) {
      long offset = offset();
      operations.add(new Operation.Read(offset, (int) Math.min(size(offset), MOST_READ)));
    } else if (dice < 91) {
      operations.add(new Operation.Flush());
    } else if (dice < 94) {
      readOnlyForAWhile();
    } else if (dice < 97) {
      operations.add(new Operation.Restart());
    } else {
      resize();
    }
  }

  private void write() {
    long offset = offset();
    int size = (int) size(offset);
    touch(offset, size);
    operations.add(new Operation.Write(offset, size, fill(), random.nextInt(8) == 0));
  }

  private void zeroes() {
    long offset = offset();
    long size = size(offset);
    touch(offset, size);
    mark(zeroed, offset, size);
    operations.add(new Operation.WriteZeroes(offset, size, random.nextBoolean()));
  }

  private void discard() {
    long offset = offset();
    long size = size(offset);
    mark(zeroed, offset, size);
    operations.add(new Operation.Discard(offset, size));
  }

  /** Over clusters never touched, so that no part of the call can be refused. */
  private void compressed() {
    long first = offset() / clusterSize;
    long last = length / clusterSize;
    int most = clusterSize >= 1 << 16 ? 3 : 8;
    int wanted = 1 + random.nextInt(most);
    int count = 0;
    while (count < wanted && first + count < last && !touched.get(bit(first + count))) {
      count++;
    }
    if (count == 0) {
      compressedSingly();
      return;
    }
    long offset = first * clusterSize;
    touch(offset, (long) count * clusterSize);
    operations.add(new Operation.WriteCompressed(offset, count * clusterSize, fill()));
  }

  private void compressedSingly() {
    long first = offset() / clusterSize;
    int count = (int) Math.min(1 + random.nextInt(3), length / clusterSize - first);
    if (count > 0) {
      touch(first * clusterSize, (long) count * clusterSize);
      operations.add(
          new Operation.WriteClustersCompressed(first * clusterSize, clusterSize, count, fill()));
    }
  }

  private void readOnlyForAWhile() {
    operations.add(new Operation.Reopen(true));
    for (int i = random.nextInt(4); i > 0; i--) {
      next(random.nextInt(91));
    }
    operations.add(new Operation.Reopen(false));
  }

  /**
   * Growing to any sector; shrinking to whole clusters, since QEMU leaves old bytes behind. Over a
   * longer backing image QEMU cannot grow version 2, and writes a needless cluster when the old end
   * lies within a zero cluster: there, growing is left out.
   */
  private void resize() {
    long clusters = length / clusterSize;
    boolean longer = backingLength > length;
    boolean ragged = length % clusterSize != 0;
    boolean mayGrow = !longer || version == 3 && !(ragged && zeroed.get(bit(length / clusterSize)));
    boolean shrinks = !mayGrow || random.nextInt(3) == 0;
    if (++resizes > 3 || shrinks && clusters <= 4) {
      write();
      return;
    }
    long now;
    if (shrinks) {
      now = (clusters - 1 - random.nextInt((int) Math.min(clusters / 2, 1000))) * clusterSize;
    } else {
      long step = (1 + random.nextInt(6)) * (long) clusterSize;
      int odd = random.nextInt(clusterSize / Plan.SECTOR) * Plan.SECTOR;
      now = length / Plan.SECTOR * Plan.SECTOR + step + (random.nextBoolean() ? odd : 0);
    }
    if (longer && now > length) {
      mark(zeroed, length, now - length);
    }
    operations.add(new Operation.Resize(now));
    length = now;
  }

  private long offset() {
    long base = tall ? tallBase() : (long) (random.nextDouble() * length);
    long offset =
        switch (random.nextInt(5)) {
          case 0, 1 -> base / clusterSize * clusterSize;
          case 2 -> base / Plan.SECTOR * Plan.SECTOR;
          case 3 -> base / clusterSize * clusterSize + random.nextInt(40) - 20;
          default -> base;
        };
    return Math.max(0, Math.min(offset, length - 1));
  }

  /** Near the start, the border of two L2 tables, or the end. */
  private long tallBase() {
    long window = 6L * clusterSize;
    long span = (long) clusterSize * (clusterSize / 8);
    long start =
        switch (random.nextInt(3)) {
          case 0 -> 0;
          case 1 -> span - window / 2;
          default -> length - window;
        };
    return Math.max(0, start + (long) (random.nextDouble() * window));
  }

  private long size(long offset) {
    long most = clusterSize >= 1 << 21 ? 3L * clusterSize : Math.min(40L * clusterSize, 1 << 19);
    long size =
        switch (random.nextInt(8)) {
          case 0, 1 -> 1 + random.nextInt(700);
          case 2 -> clusterSize;
          case 3 -> (1 + random.nextInt(3)) * (long) clusterSize;
          case 4 -> Plan.SECTOR * (1L + random.nextInt(16));
          case 5 -> toClusterEnd(offset);
          case 6 -> 1 + random.nextInt(2 * clusterSize);
          default -> 1 + (long) (random.nextDouble() * most);
        };
    return Math.min(size, length - offset);
  }

  private long toClusterEnd(long offset) {
    return clusterSize - offset % clusterSize + random.nextInt(2) * (long) clusterSize;
  }

  private Fill fill() {
    return random.nextInt(3) == 0
        ? new Fill(Fill.NOISE + random.nextInt(Fill.NOISES))
        : new Fill(random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(255));
  }

  private void touch(long offset, long size) {
    mark(touched, offset, size);
  }

  private void mark(BitSet clusters, long offset, long size) {
    for (long c = offset / clusterSize; c <= (offset + size - 1) / clusterSize; c++) {
      clusters.set(bit(c));
    }
  }

  /** Tall disks are sparse; clusters far apart share a bit, which only makes them look touched. */
  private static int bit(long cluster) {
    return (int) (cluster & 0xfffff);
  }
}
