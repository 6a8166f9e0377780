package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Which workloads there are. */
final class Workloads {
  private static final Op[] OFTEN = {
    Op.WRITE_NEW, Op.OVERWRITE, Op.SUB_CLUSTER, Op.ZERO, Op.FLUSH, Op.COMPRESSED, Op.DISCARD
  };

  /** Of a guest: the last request is where the first one was, and is a part of it. */
  private static final List<Op> SAME_PLACE =
      List.of(
          Op.COMPRESSED, Op.FLUSH, Op.FLUSH, Op.SUB_CLUSTER, Op.FLUSH, Op.FLUSH, Op.SUB_CLUSTER);

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

  /** A few workloads, each with one failure at each of its operations of the disk in turn. */
  static List<Workload> failures(Machine machine) {
    List<Workload> all = new ArrayList<>(failuresOfOwnFlushes(machine));
    all.addAll(failuresBesideAGuest(machine));
    for (Workload workload :
        List.of(
            beside(SAME_PLACE, Op.BACKUP_START, Op.OVERWRITE, Op.BACKUP_FINISH, Op.CLEAR),
            alone(Op.OVERWRITE, Op.READ_ONLY, Op.READ_WRITE, Op.WRITE_NEW, Op.FLUSH),
            alone(Op.WRITE_NEW, Op.SHRINK, Op.GROW, Op.WRITE_LAST, Op.FLUSH),
            alone(Op.ADD, Op.WRITE_NEW, Op.REMOVE, Op.MERGE, Op.FLUSH))) {
      all.addAll(failing(machine, workload));
    }
    return all;
  }

  /** Those with flushes of the engine's own, of which guests hear only later. */
  static List<Workload> failuresOfOwnFlushes(Machine machine) {
    return failing(
        machine, alone(Op.OVERWRITE, Op.ENABLE, Op.FLUSH, Op.WRITE_NEW, Op.CLEAR, Op.FLUSH));
  }

  /** The same, and meanwhile a guest writes a part of what is durable, into a new cluster. */
  static List<Workload> failuresBesideAGuest(Machine machine) {
    return failing(machine, beside(SAME_PLACE, Op.ENABLE, Op.CLEAR, Op.ENABLE, Op.CLEAR));
  }

  private static Workload alone(Op... ops) {
    return Workload.of(1, List.of(ops), true);
  }

  private static Workload beside(List<Op> guest, Op... ops) {
    return new Workload(1, true, List.of(ops), List.of(guest), Trouble.NONE, 1, true);
  }

  /** Goes the same way up to where it fails, so a run without failure says how many there are. */
  private static List<Workload> failing(Machine machine, Workload workload) {
    int operations = Run.of(machine, workload.with(Trouble.at(Integer.MAX_VALUE))).changes();
    return IntStream.rangeClosed(1, operations)
        .mapToObj(at -> workload.with(Trouble.at(at)))
        .toList();
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
    Trouble trouble =
        random.nextInt(6) == 0 ? Trouble.oneIn(20 + random.nextInt(80)) : Trouble.NONE;
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
