package io.ashlar.tests.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One image to make and what to do with it; everything follows from the seed.
 *
 * @param cell kind of image
 * @param seed repeats it
 * @param length bytes of the disk at first
 * @param tall a disk of more than one L2 table at a large cluster size, touched in few places
 * @param backingLength bytes of the image below, or 0
 * @param rawBacking whether the image below is raw
 * @param options more options of {@code qemu-img create}
 * @param operations what to do
 */
record Plan(
    Cell cell,
    long seed,
    long length,
    boolean tall,
    long backingLength,
    boolean rawBacking,
    String options,
    List<Operation> operations) {

  static final int SECTOR = 512;

  /** Makes a plan of at least that many operations. */
  static Plan make(Cell cell, long seed, int operations) {
    Random random = new Random(seed);
    boolean tall = cell.clusterSize() >= 1 << 16 && random.nextInt(5) == 0;
    long length = length(cell.clusterSize(), tall, random);
    long other = Math.max(SECTOR, (long) (length * (0.2 + 0.6 * random.nextDouble())));
    long backing =
        switch (cell.backing()) {
          case NO -> 0;
          case SHORTER -> sectors(tall ? Math.min(other, 64L << 20) : other);
          case LONGER -> sectors(length + Math.min(other, 8L << 20));
        };
    List<Operation> list =
        new OperationGenerator(cell, length, backing, tall, random).make(operations);
    return new Plan(
        cell, seed, length, tall, backing, random.nextBoolean(), options(cell, random), list);
  }

  /** The same image with other operations. */
  Plan with(List<Operation> others) {
    return new Plan(cell, seed, length, tall, backingLength, rawBacking, options, others);
  }

  /** Another plan for the same kind of image. */
  Plan next(int count) {
    return make(cell, seed + 1_000_000_007L, count);
  }

  private static long length(int clusterSize, boolean tall, Random random) {
    int odd = random.nextBoolean() ? 0 : SECTOR * random.nextInt(Math.max(1, clusterSize / SECTOR));
    if (tall) {
      long span = (long) clusterSize * (clusterSize / 8);
      return span + (2 + random.nextInt(6)) * (long) clusterSize + odd;
    }
    long clusters =
        switch (clusterSize) {
          case 512 -> 1024 + random.nextInt(4096);
          case 4096 -> 256 + random.nextInt(1024);
          case 1 << 16 -> 16 + random.nextInt(96);
          default -> 4 + random.nextInt(8);
        };
    return clusters * clusterSize + odd;
  }

  private static long sectors(long bytes) {
    return bytes / SECTOR * SECTOR;
  }

  private static String options(Cell cell, Random random) {
    List<String> options = new ArrayList<>();
    options.add("compat=" + (cell.version() == 2 ? "0.10" : "1.1"));
    options.add("cluster_size=" + cell.clusterSize());
    if (cell.version() == 3) {
      options.add("refcount_bits=" + cell.refcountBits());
      if (random.nextInt(4) == 0) {
        options.add("compression_type=zstd");
      }
      if (random.nextInt(4) == 0) {
        options.add("lazy_refcounts=on");
      }
    }
    return String.join(",", options);
  }

  /** All that is needed to see it again. */
  String describe() {
    StringBuilder text = new StringBuilder();
    text.append(cell).append(", seed ").append(seed).append(", length ").append(length);
    text.append(", options ").append(options);
    if (backingLength > 0) {
      text.append(", backing ").append(rawBacking ? "raw " : "qcow2 ").append(backingLength);
    }
    for (Operation operation : operations) {
      text.append("\n    ").append(operation);
    }
    return text.toString();
  }
}
