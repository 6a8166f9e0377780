package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * A few workloads for each thing that may break, quick enough to be run once for every rule that is
 * broken on purpose: each of those has to be noticed by one of these.
 */
final class CrashTeethTest {
  private static final Explorer.Depth SHALLOW = new Explorer.Depth(4, 2, 0, 100, true);

  /**
   * Of the failures of a workload one in so many is tried here; {@link CrashStatesTest} has all.
   */
  private static final int LEAP = 5;

  private static void explore(Workload... workloads) {
    Explorer explorer = new Explorer(new Machine(), SHALLOW);
    for (Workload workload : workloads) {
      explorer.explore(workload);
      assertThat(explorer.violations()).isEmpty();
    }
    assertThat(explorer.refused()).isEmpty();
    assertThat(explorer.distinct()).hasSizeGreaterThan(20);
  }

  private static Workload ops(Op... ops) {
    return Workload.of(1, List.of(ops), true);
  }

  /** With guests that overwrite the same few clusters while others go on. */
  private static Workload beside(long seed, Op... ops) {
    List<List<Op>> guests = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      guests.add(List.of(Op.WRITE_NEW, Op.FLUSH, Op.WRITE_NEW, Op.FLUSH, Op.WRITE_NEW));
    }
    return new Workload(seed, true, List.of(ops), guests, Trouble.NONE, 1, true);
  }

  @Test
  void guestDataAndItsTables() {
    explore(
        ops(Op.WRITE_NEW, Op.SUB_CLUSTER, Op.FLUSH, Op.OVERWRITE),
        ops(Op.COMPRESSED, Op.FLUSH),
        ops(Op.ZERO, Op.WRITE_NEW, Op.FLUSH),
        ops(Op.DISCARD, Op.WRITE_NEW, Op.WRITE_NEW, Op.WRITE_NEW, Op.FLUSH),
        ops(Op.SHRINK, Op.WRITE_NEW, Op.FLUSH));
  }

  @Test
  void whatBitmapsRecord() {
    explore(
        ops(Op.WRITE_NEW, Op.CLEAR),
        ops(Op.CLEAR, Op.DISCARD, Op.CLOSE),
        ops(Op.CLEAR, Op.ZERO, Op.CLOSE),
        ops(Op.CLEAR, Op.COMPRESSED, Op.SUB_CLUSTER),
        ops(Op.OVERWRITE, Op.MERGE));
  }

  @Test
  void openingArmingAndClosing() {
    explore(
        ops(Op.OVERWRITE, Op.CLOSE, Op.WRITE_NEW),
        ops(Op.OVERWRITE, Op.READ_ONLY, Op.READ_WRITE, Op.WRITE_NEW, Op.FLUSH));
  }

  @Test
  void hotRegions() {
    explore(
        ops(Op.OVERWRITE, Op.FLUSH),
        ops(Op.OVERWRITE, Op.FLUSH, Op.CLEAR, Op.WRITE_NEW, Op.FLUSH),
        ops(Op.OVERWRITE, Op.FLUSH, Op.CLEAR, Op.SUB_CLUSTER, Op.FLUSH));
  }

  /** The journal is made when the first bitmap is. */
  @Test
  void firstBitmap() {
    explore(
        new Workload(
            1, false, List.of(Op.ADD, Op.WRITE_NEW, Op.FLUSH), List.of(), Trouble.NONE, 0, true));
  }

  @Test
  void commandsOnBitmaps() {
    explore(
        ops(Op.ADD, Op.WRITE_NEW, Op.REMOVE, Op.CLOSE),
        ops(Op.REMOVE, Op.WRITE_NEW, Op.ADD),
        ops(Op.OVERWRITE, Op.BACKUP_START, Op.OVERWRITE, Op.BACKUP_FINISH));
  }

  @Test
  void guestsBesideCommands() {
    for (int seed = 1; seed <= 2; seed++) {
      explore(
          beside(seed, Op.FLUSH, Op.OVERWRITE, Op.FLUSH),
          beside(seed, Op.BACKUP_START, Op.BACKUP_FINISH));
    }
  }

  /** Entries may be written while others are about to write the data of their clusters. */
  @Test
  void newClustersBesideFlushes() {
    List<Op> guest =
        List.of(Op.COMPRESSED, Op.COMPRESSED, Op.FLUSH, Op.WRITE_NEW, Op.WRITE_NEW, Op.FLUSH);
    List<Op> flushes = Collections.nCopies(8, Op.FLUSH);
    for (int seed = 1; seed <= 4; seed++) {
      explore(new Workload(seed, true, flushes, List.of(guest, guest), Trouble.NONE, 1, true));
    }
  }

  /**
   * A capture in which some regions stay hot, and others were hot for a writer who did not come.
   */
  @Test
  void regionsThatStayHot() {
    explore(ops(Op.STREAM, Op.PAUSE, Op.WRITE_NEW, Op.FLUSH));
  }

  private static void exploreFailures(Function<Machine, List<Workload>> workloads) {
    Machine machine = new Machine();
    Explorer explorer = new Explorer(machine, SHALLOW);
    List<Workload> all = workloads.apply(machine);
    for (int at = LEAP; at <= all.size(); at += LEAP) {
      explorer.explore(all.get(at - 1));
      assertThat(explorer.violations()).isEmpty();
    }
    assertThat(explorer.distinct()).hasSizeGreaterThan(200);
  }

  /** One failure each, at an operation of the disk. */
  @Test
  void flushesThatFail() {
    exploreFailures(Workloads::failuresOfOwnFlushes);
  }

  @Test
  void flushesThatFailBesideAGuest() {
    exploreFailures(Workloads::failuresBesideAGuest);
  }

  @Test
  void anotherLength() {
    explore(ops(Op.GROW, Op.WRITE_LAST, Op.FLUSH), ops(Op.SHRINK, Op.WRITE_NEW, Op.FLUSH));
  }
}
