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
    return new Workload(
        seed, random.nextInt(8) != 0, ops, guests, trouble, pauses, random.nextBoolean());
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
