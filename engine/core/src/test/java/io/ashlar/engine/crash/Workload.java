package io.ashlar.engine.crash;

import java.util.List;

/**
 * What is done in a run.
 *
 * @param seed decides who goes on when
 * @param bitmaps whether the image has bitmaps when it begins
 * @param ops one after the other
 * @param guests requests that others send meanwhile, each guest one after the other
 * @param trouble which operations of the disk fail
 * @param pauses one time in so many others go on in the middle of an operation of the disk; 0 for
 *     never
 * @param closes whether the image is closed at the end
 * @param wide whether the disk has many regions, and what is written lies scattered over them
 */
record Workload(
    long seed,
    boolean bitmaps,
    List<Op> ops,
    List<List<Op>> guests,
    Trouble trouble,
    int pauses,
    boolean closes,
    boolean wide) {
  /** One seed in so many stands for a disk with larger sectors. */
  private static final int LARGE = 4;

  private static final int LARGE_SECTORS = 8;

  Workload {
    ops = List.copyOf(ops);
    guests = List.copyOf(guests);
  }

  /** On the small disk. */
  Workload(
      long seed,
      boolean bitmaps,
      List<Op> ops,
      List<List<Op>> guests,
      Trouble trouble,
      int pauses,
      boolean closes) {
    this(seed, bitmaps, ops, guests, trouble, pauses, closes, false);
  }

  /** Nothing but these. */
  static Workload of(long seed, List<Op> ops, boolean closes) {
    return new Workload(seed, true, ops, List.of(), Trouble.NONE, 0, closes);
  }

  Workload with(List<Op> other) {
    return new Workload(seed, bitmaps, other, guests, trouble, pauses, closes, wide);
  }

  Workload withGuests(List<List<Op>> other) {
    return new Workload(seed, bitmaps, ops, other, trouble, pauses, closes, wide);
  }

  Workload with(Trouble other) {
    return new Workload(seed, bitmaps, ops, guests, other, pauses, closes, wide);
  }

  /** With nobody who goes on in the middle of an operation of the disk. */
  Workload withoutPauses() {
    return new Workload(seed, bitmaps, ops, guests, trouble, 0, closes, wide);
  }

  /** On a disk with many regions. */
  Workload onWideDisk() {
    return new Workload(seed, bitmaps, ops, guests, trouble, pauses, closes, true);
  }

  /** Sectors of 512 bytes that the disk writes together or not at all: 1, or 8 for 4096 bytes. */
  int unit() {
    return Math.floorMod(seed, LARGE) == LARGE - 1 ? LARGE_SECTORS : 1;
  }
}
