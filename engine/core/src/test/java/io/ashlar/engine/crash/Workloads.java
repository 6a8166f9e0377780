package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Which workloads there are. */
final class Workloads {
  private static final Op[] OFTEN = {
    Op.WRITE_NEW, Op.OVERWRITE, Op.SUB_CLUSTER, Op.ZERO, Op.FLUSH, Op.COMPRESSED, Op.DISCARD
  };

  private Workloads() {}

  /** All of at most so many operations, shorter ones first. */
  static List<Workload> upTo(int length) {
    List<Workload> all = new ArrayList<>();
    List<List<Op>> last = List.of(List.of());
    for (int i = 0; i < length; i++) {
      List<List<Op>> next = new ArrayList<>();
      for (List<Op> start : last) {
        for (Op op : Op.SHORT) {
          List<Op> ops = new ArrayList<>(start);
          ops.add(op);
          next.add(ops);
          all.add(Workload.of(1, ops, true));
        }
      }
      last = next;
    }
    return all;
  }

  /** Those for what neither all short ones nor random ones come to often enough. */
  static List<Workload> directed() {
    List<Workload> all = new ArrayList<>();
    // Regions cool, and others do not.
    all.add(wide(1, Op.OVERWRITE, Op.WRITE_NEW, Op.FLUSH, Op.WAIT, Op.WAIT));
    all.add(wide(2, Op.WRITE_NEW, Op.WAIT, Op.WAIT, Op.SUB_CLUSTER, Op.FLUSH));
    all.add(wide(3, Op.SUB_CLUSTER, Op.WAIT, Op.OVERWRITE, Op.WAIT, Op.WAIT, Op.CLOSE));
    // Bits go while regions are hot.
    all.add(wide(4, Op.WRITE_NEW, Op.SUB_CLUSTER, Op.CLEAR, Op.WRITE_NEW, Op.FLUSH));
    all.add(wide(5, Op.WRITE_NEW, Op.ADD, Op.SUB_CLUSTER, Op.MERGE, Op.WRITE_NEW));
    all.add(wide(6, Op.OVERWRITE, Op.DISABLE, Op.WRITE_NEW, Op.ENABLE, Op.SUB_CLUSTER, Op.FLUSH));
    all.add(wide(7, Op.OVERWRITE, Op.BACKUP_START, Op.WRITE_NEW, Op.BACKUP_FINISH, Op.SUB_CLUSTER));
    all.add(wide(8, Op.WRITE_NEW, Op.GROW, Op.WRITE_NEW, Op.SHRINK, Op.SUB_CLUSTER, Op.FLUSH));
    // Nothing is hot any more.
    all.add(wide(9, Op.WRITE_NEW, Op.FLUSH, Op.CLOSE, Op.SUB_CLUSTER, Op.FLUSH));
    all.add(wide(10, Op.OVERWRITE, Op.READ_ONLY, Op.READ_WRITE, Op.WRITE_NEW, Op.FLUSH));
    // Changes of mode that are given up, in both directions, with and without anything to store.
    all.add(wide(11, Op.OVERWRITE, Op.ABORTED, Op.WRITE_NEW, Op.FLUSH));
    all.add(wide(12, Op.OVERWRITE, Op.READ_ONLY, Op.ABORTED, Op.READ_WRITE, Op.WRITE_NEW));
    return all;
  }

  private static Workload wide(long seed, Op... ops) {
    return Workload.of(seed, List.of(ops), true).onWideDisk();
  }

  /** A long one. */
  static Workload random(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 31 + 7);
    List<Op> ops = some(random, 3 + random.nextInt(48), Op.SHORT);
    List<List<Op>> guests = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      guests.add(some(random, 1 + random.nextInt(12), OFTEN));
    }
    int trouble = random.nextInt(6) == 0 ? 20 + random.nextInt(80) : 0;
    int pauses = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(4);
    boolean bitmaps = random.nextInt(8) != 0;
    boolean closes = random.nextBoolean();
    boolean wide = random.nextInt(3) == 0;
    return new Workload(seed, bitmaps, ops, guests, trouble, pauses, closes, wide);
  }

  private static List<Op> some(SplittableRandom random, int count, Op[] seldom) {
    List<Op> ops = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Op[] from = random.nextInt(3) == 0 ? seldom : OFTEN;
      ops.add(from[random.nextInt(from.length)]);
    }
    return ops;
  }
}
