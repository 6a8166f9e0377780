package io.ashlar.tests.kill;

import java.util.SplittableRandom;

/** Where guests write: a thousand places, strewn over a disk of four thousand regions. */
final class Places {
  /** Bytes of the disk. */
  static final long DISK = 4L << 30;

  /** Bytes of a place. */
  static final int LENGTH = 16 << 10;

  private static final int COUNT = 1000;
  private static final long SEED = 20_261_123;
  private static final long[] OFFSETS =
      new SplittableRandom(SEED)
          .longs(COUNT, 0, DISK / LENGTH)
          .map(slot -> slot * LENGTH)
          .toArray();

  private Places() {}

  /** How many there are. */
  static int count() {
    return COUNT;
  }

  /** Where one begins. */
  static long offset(int place) {
    return OFFSETS[place];
  }

  /** One of them. */
  static long any(SplittableRandom random) {
    return OFFSETS[random.nextInt(COUNT)];
  }
}
