package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Opens the states that the crashes of a run may leave, each once, and judges them. */
final class Explorer {
  /**
   * How far to go.
   *
   * @param allSubsets up to so many pending changes every subset is tried
   * @param samples of more than that, so many at random
   * @param strict see {@link Judge}
   */
  record Depth(int allSubsets, int samples, boolean strict) {}

  /**
   * A bad state.
   *
   * @param moment when the crash came
   */
  record Violation(Workload workload, Timeline.Moment moment, Choice choice, String what) {}

  private final Machine machine;
  private final Reopening reopening;
  private final Depth depth;

  /** Of all workloads. */
  private final Set<Long> distinct = new HashSet<>();

  private final List<Violation> violations = new ArrayList<>();
  private final Map<String, Integer> phases = new TreeMap<>();
  private final Set<String> refused = new java.util.TreeSet<>();
  private long judged;

  Explorer(Machine machine, Depth depth) {
    this.machine = machine;
    this.reopening = new Reopening(machine);
    this.depth = depth;
  }

  Set<Long> distinct() {
    return distinct;
  }

  /** States held against the truth of a moment; many states at several moments. */
  long judged() {
    return judged;
  }

  List<Violation> violations() {
    return violations;
  }

  /** What workloads were refused. */
  Set<String> refused() {
    return refused;
  }

  /** How many crashes came in which phase. */
  Map<String, Integer> phases() {
    return phases;
  }

  /** Explores a workload; stops at the first violation. */
  boolean explore(Workload workload) {
    Run run = Run.of(machine, workload);
    refused.addAll(run.refused());
    Judge judge = new Judge(run.guest(), run.bitmaps(), depth.strict());
    Crash crash = run.crash();
    Map<Long, Observed> seen = new HashMap<>();
    SplittableRandom random = new SplittableRandom(workload.seed() + 1);
    for (Timeline.Moment moment : run.timeline().moments()) {
      crash.moveTo(moment.at());
      judge.at(moment.at());
      for (Choice choice : choices(crash.pending(), random)) {
        Timeline after = new Timeline();
        Disk disk = crash.state(choice, after, machine::wallNanos, wall(moment));
        long hash = disk.hash();
        Observed found = seen.get(hash);
        if (found == null) {
          found = reopening.look(disk, run.guest().sectors(), workload.seed(), moment.nanos());
          seen.put(hash, found);
          distinct.add(hash);
          phases.merge(moment.phase(), 1, Integer::sum);
        }
        judged++;
        List<String> wrong = judge.complaints(found);
        if (!wrong.isEmpty()) {
          violations.add(new Violation(workload, moment, choice, String.join("; ", wrong)));
          return false;
        }
      }
    }
    return true;
  }

  private static long wall(Timeline.Moment moment) {
    return 1_700_000_000_000_000_000L + moment.nanos();
  }

  private List<Choice> choices(List<Change> pending, SplittableRandom random) {
    int count = pending.size();
    List<Choice> all = new ArrayList<>();
    if (count <= depth.allSubsets()) {
      for (long mask = 0; mask < 1L << count; mask++) {
        all.add(Choice.mask(mask));
      }
    } else {
      for (int i = 0; i <= count; i++) {
        all.add(Choice.all(i));
      }
      for (int i = 0; i < count; i++) {
        all.add(Choice.all(count).without(i));
        all.add(Choice.mask(0).with(i));
      }
    }
    for (int i = 0; i < depth.samples() && count > 0; i++) {
      all.add(random(pending, random));
    }
    return all;
  }

  private static Choice random(List<Change> pending, SplittableRandom random) {
    BitSet kept = new BitSet();
    BitSet rubbish = new BitSet();
    Map<Integer, BitSet> torn = new HashMap<>();
    for (int i = 0; i < pending.size(); i++) {
      if (random.nextBoolean()) {
        kept.set(i);
        int sectors = pending.get(i).sectors();
        if (sectors > 1 && random.nextBoolean()) {
          BitSet some = new BitSet();
          for (int s = 0; s < sectors; s++) {
            some.set(s, random.nextBoolean());
          }
          torn.put(i, some);
        }
        rubbish.set(i, pending.get(i) instanceof Change.Hole && random.nextBoolean());
      }
    }
    return new Choice(kept, torn, rubbish);
  }
}
