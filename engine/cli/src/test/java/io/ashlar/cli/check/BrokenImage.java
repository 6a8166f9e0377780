package io.ashlar.cli.check;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** Damages a qcow2 image of 16-bit refcounts and clusters of 64 KiB, on disk. */
enum BrokenImage {
  NOTHING,
  LEAKED_CLUSTER,
  TWO_LEAKED_CLUSTERS,
  REFCOUNT_TWO_ON_DATA,
  REFCOUNT_ZERO_ON_DATA,
  REFCOUNT_ZERO_ON_L2,
  COPIED_MISSING,
  REFCOUNT_BLOCK_MISSING,
  DATA_BEHIND_THE_END,
  RESERVED_BIT_IN_L2;

  private static final long COPIED = 1L << 63;
  private static final int CLUSTER_BITS = 16;

  /** Does it; the first cluster that guests see has to be allocated. */
  void doTo(Path image) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      long table = number(file, 48);
      long block = number(file, table);
      long l2 = number(file, number(file, 40)) & ~COPIED;
      long entry = number(file, l2);
      long end = file.length() + (1 << CLUSTER_BITS) - 1 >> CLUSTER_BITS;
      switch (this) {
        case NOTHING -> {}
        case LEAKED_CLUSTER -> leak(file, block, end);
        case TWO_LEAKED_CLUSTERS -> {
          leak(file, block, end);
          leak(file, block, end + 1);
        }
        case REFCOUNT_TWO_ON_DATA -> refcount(file, block, cluster(entry), 2);
        case REFCOUNT_ZERO_ON_DATA -> refcount(file, block, cluster(entry), 0);
        case REFCOUNT_ZERO_ON_L2 -> refcount(file, block, cluster(l2), 0);
        case COPIED_MISSING -> number(file, l2, entry & ~COPIED);
        case REFCOUNT_BLOCK_MISSING -> number(file, table, 0);
        case DATA_BEHIND_THE_END -> number(file, l2, entry + (1L << 40));
        case RESERVED_BIT_IN_L2 -> number(file, l2, entry | 2);
      }
    }
  }

  /** Marks an image as corrupt. */
  static void mark(Path image) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      number(file, 72, number(file, 72) | 2);
    }
  }

  private static int cluster(long entry) {
    return (int) ((entry & ~COPIED) >> CLUSTER_BITS);
  }

  private static void leak(RandomAccessFile file, long block, long cluster) throws IOException {
    file.setLength(cluster + 1 << CLUSTER_BITS);
    refcount(file, block, cluster, 1);
  }

  private static void refcount(RandomAccessFile file, long block, long cluster, int value)
      throws IOException {
    file.seek(block + 2 * cluster);
    file.writeShort(value);
  }

  private static long number(RandomAccessFile file, long at) throws IOException {
    file.seek(at);
    return file.readLong();
  }

  private static void number(RandomAccessFile file, long at, long value) throws IOException {
    file.seek(at);
    file.writeLong(value);
  }
}
