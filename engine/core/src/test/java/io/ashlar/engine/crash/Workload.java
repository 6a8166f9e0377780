package io.ashlar.engine.crash;

import java.util.List;

/**
 * What is done in a run.
 *
 * @param seed decides who goes on when
 * @param bitmaps whether the image has bitmaps when it begins
 * @param ops one after the other
 * @param guests requests that others send meanwhile, each guest one after the other
 * @param trouble one time in so many an operation of the disk fails; 0 for never
 * @param pauses one time in so many others go on in the middle of an operation of the disk; 0 for
 *     never
 * @param closes whether the image is closed at the end
 */
record Workload(
    long seed,
    boolean bitmaps,
    List<Op> ops,
    List<List<Op>> guests,
    int trouble,
    int pauses,
    boolean closes) {
  Workload {
    ops = List.copyOf(ops);
    guests = List.copyOf(guests);
  }

  /** Nothing but these. */
  static Workload of(long seed, List<Op> ops, boolean closes) {
    return new Workload(seed, true, ops, List.of(), 0, 0, closes);
  }

  Workload with(List<Op> other) {
    return new Workload(seed, bitmaps, other, guests, trouble, pauses, closes);
  }

  Workload withGuests(List<List<Op>> other) {
    return new Workload(seed, bitmaps, ops, other, trouble, pauses, closes);
  }
}
