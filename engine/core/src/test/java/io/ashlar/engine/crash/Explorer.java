package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/** Opens the states that the crashes of a run may leave, each once, and judges them. */
final class Explorer {
  /**
   * How far to go.
   *
   * @param allSubsets up to so many pending changes every subset is tried
   * @param samples at such a moment, so many more at random, torn ones among them
   * @param many at a moment with more pending changes, so many at random, and so many pairs missing
   * @param nested of so many states one is opened with crashes in the middle; 0 for none
   * @param states about so many states of one workload, if it has more
   * @param strict see {@link Judge}
   */
  record Depth(int allSubsets, int samples, int many, int nested, int states, boolean strict) {
    /** The same number at random everywhere. */
    Depth(int allSubsets, int samples, int nested, int states, boolean strict) {
      this(allSubsets, samples, samples, nested, states, strict);
    }
  }

  /**
   * A crash.
   *
   * @param moment when it came
   * @param choice what it kept
   */
  record Step(Timeline.Moment moment, Choice choice) {}

  /**
   * A bad state.
   *
   * @param before crashes before the one that left it, each in the opening after the one before
   * @param moment when the crash came
   * @param lives whether requests were sent before the state was closed again
   * @param missing what was lost, in words
   */
  record Violation(
      Workload workload,
      List<Step> before,
      Timeline.Moment moment,
      Choice choice,
      boolean lives,
      String what,
      List<String> missing) {
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(workload.toString());
      before.forEach(step -> text.append(crash(step.moment)));
      text.append(crash(moment)).append("\n  ").append(what);
      (missing.isEmpty() ? List.of("nothing is lost") : missing)
          .forEach(line -> text.append("\n  ").append(line));
      return text.toString();
    }

    private static String crash(Timeline.Moment moment) {
      return "\n  crash in " + moment.phase() + " after " + moment.what();
    }
  }

  /** One in so many states is lived in for a while before it is closed. */
  private static final int LIVES = 3;

  private static final int NESTING = 2;

  /** With so many states of a workload each of its moments gets one. */
  private static final int ONE_EACH = 100;

  /** At each crash within an opening. */
  private static final Depth INSIDE = new Depth(2, 1, 0, 0, true);

  /** The time of the image's file system at the beginning, nanoseconds since 1970. */
  static final long WALL = 1_700_000_000_000_000_000L;

  private final Machine machine;
  private final Reopening reopening;
  private Depth depth;

  /** Of all workloads. */
  private final Set<Long> distinct = new HashSet<>();

  private final List<Violation> violations = new ArrayList<>();
  private final Map<String, Integer> phases = new TreeMap<>();
  private final Set<String> refused = new TreeSet<>();
  private RealTool tool;
  private int toolEvery;
  private long judged;
  private long nested;

  /** Of the present workload. */
  private final Map<Long, Observed> seen = new HashMap<>();

  /** What was opened at the last moment at which something changed on the disk. */
  private final Map<Observed, Choice> last = new LinkedHashMap<>();

  /** The crashes on the way to the state that is looked at. */
  private final List<Step> way = new ArrayList<>();

  private Run run;
  private Judge judge;
  private SplittableRandom random;
  private Choices choices;

  Explorer(Machine machine, Depth depth) {
    this.machine = machine;
    this.reopening = new Reopening(machine);
    this.depth = depth;
  }

  Set<Long> distinct() {
    return distinct;
  }

  /** How far to go from now on. */
  void depth(Depth next) {
    depth = next;
  }

  /** One state in so many is shown to a real tool as well. */
  void show(RealTool real, int every) {
    tool = real;
    toolEvery = every;
  }

  /** States held against the truth of a moment; many states at several moments. */
  long judged() {
    return judged;
  }

  /** States that came of a crash while another one was being opened. */
  long nested() {
    return nested;
  }

  List<Violation> violations() {
    return violations;
  }

  /** How many crashes came in which phase. */
  Map<String, Integer> phases() {
    return phases;
  }

  /** What workloads were refused. */
  Set<String> refused() {
    return refused;
  }

  /** Explores a workload; stops at its first violation, and is false then. */
  boolean explore(Workload workload) {
    int before = violations.size();
    try {
      run = Run.of(machine, workload);
    } catch (RuntimeException | AssertionError e) {
      Timeline.Moment never = new Timeline.Moment(0, "nothing", "run", 0);
      violations.add(
          new Violation(
              workload,
              List.of(),
              never,
              Choice.mask(0),
              false,
              "F: the run failed: " + e,
              List.of()));
      return false;
    }
    refused.addAll(run.refused());
    judge = new Judge(run, depth.strict() && !workload.trouble().any());
    random = new SplittableRandom(workload.seed() + 1);
    choices = new Choices(random, workload.unit());
    seen.clear();
    Crash crash = run.crash();
    double share = (double) depth.states() / Math.max(1, count(run));
    boolean first = true;
    for (Timeline.Moment moment : run.timeline().moments()) {
      boolean differs = crash.moveTo(moment.at());
      judge.at(moment.at());
      if (!differs && !first) {
        // The same states as at the moment before, of which more may be known now.
        for (Map.Entry<Observed, Choice> entry : last.entrySet()) {
          judge(crash, moment, entry.getValue(), entry.getKey());
        }
        if (violations.size() > before) {
          return false;
        }
        continue;
      }
      first = false;
      last.clear();
      List<Choice> all = choices.of(crash.pending(), depth);
      for (int i = 0; i < all.size(); i++) {
        // At each moment one at least, so that no step is left out; of very few, not even that.
        boolean least = i == all.size() - 1 && depth.states() >= ONE_EACH;
        if (random.nextDouble() < share || least) {
          state(crash, moment, moment, all.get(i), 0);
        }
        if (violations.size() > before) {
          return false;
        }
      }
    }
    return true;
  }

  /** How many there are in a whole run. */
  private long count(Run all) {
    long sum = 0;
    Crash survey = all.survey();
    for (Timeline.Moment moment : all.timeline().moments()) {
      if (survey.moveTo(moment.at())) {
        sum += Choices.count(survey.pending().size(), depth);
      }
    }
    return sum;
  }

  /**
   * Opens and judges one state.
   *
   * @param moment when the first crash came
   * @param last when this one came
   */
  private void state(
      Crash crash, Timeline.Moment moment, Timeline.Moment last, Choice choice, int level) {
    Timeline after = new Timeline();
    Disk disk = crash.state(choice, after, machine::wallNanos, WALL + last.nanos());
    long hash = disk.hash();
    phases.merge(last.phase(), 1, Integer::sum);
    Observed found = seen.get(hash);
    if (found == null) {
      boolean again =
          level < NESTING && depth.nested() > 0 && Math.floorMod(hash, depth.nested()) == 0;
      Crash inside = again ? new Crash(disk, after) : null;
      boolean lives = !again && Math.floorMod(hash >> 8, LIVES) == 0;
      found =
          reopening.look(
              disk,
              run.guest().sectors(),
              new Reopening.Plan(run.workload().seed(), last.nanos(), lives, again, shown(hash)));
      found.first = level == 0;
      seen.put(hash, found);
      distinct.add(hash);
      if (again && found.reopened) {
        way.add(new Step(last, choice));
        nest(inside, after, moment, level);
        way.remove(way.size() - 1);
      }
    }
    if (level == 0) {
      this.last.put(found, choice);
    }
    judge(crash, last, choice, found);
  }

  private RealTool shown(long hash) {
    return tool != null && Math.floorMod(hash >> 24, toolEvery) == 0 ? tool : null;
  }

  private void judge(Crash crash, Timeline.Moment moment, Choice choice, Observed found) {
    judged++;
    List<String> wrong = judge.complaints(found);
    if (!wrong.isEmpty()) {
      violations.add(
          new Violation(
              run.workload(),
              List.copyOf(way),
              moment,
              choice,
              !found.lived.isEmpty(),
              String.join("; ", wrong),
              Describe.missing(machine, crash, choice)));
    }
  }

  /** Crashes in the middle of the opening and closing that this timeline has. */
  private void nest(Crash crash, Timeline timeline, Timeline.Moment moment, int level) {
    int before = violations.size();
    for (Timeline.Moment inside : timeline.moments()) {
      if (crash.moveTo(inside.at()) && random.nextInt(4) == 0) {
        for (Choice choice : choices.of(crash.pending(), INSIDE)) {
          if (violations.size() == before) {
            nested++;
            state(crash, moment, inside, choice, level + 1);
          }
        }
      }
    }
  }

  /** What happened last before a moment, for people. */
  List<Timeline.Moment> before(long moment, int count) {
    List<Timeline.Moment> all =
        run.timeline().moments().stream().filter(m -> m.at() <= moment).toList();
    return all.subList(Math.max(0, all.size() - count), all.size());
  }
}
