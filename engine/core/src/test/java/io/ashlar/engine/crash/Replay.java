package io.ashlar.engine.crash;

import java.util.List;
import java.util.Optional;

/** A workload carried out again, to look at other states that its crashes may leave. */
final class Replay {
  /** What is thought of a state. */
  interface Opinion {
    /** What is wrong with it, beginning with the letter of the oracle; empty when nothing is. */
    Optional<String> of(Crash crash, Timeline.Moment moment, Choice choice);
  }

  private final Machine machine;
  private final Crash start;
  private final Timeline timeline;
  private final Opinion opinion;
  private Crash crash;

  /**
   * Moments of a run.
   *
   * @param start the beginning; stays there
   */
  Replay(Machine machine, Crash start, Timeline timeline, Opinion opinion) {
    this.machine = machine;
    this.start = start;
    this.timeline = timeline;
    this.opinion = opinion;
  }

  /**
   * The run of a violation; after crashes before, that of the opening in which the last one came.
   */
  static Replay of(Machine machine, Explorer.Violation violation, boolean strict) {
    return of(machine, Run.of(machine, violation.workload()), violation, strict);
  }

  /** The same with a run that was made already, and whose crash nobody has moved. */
  static Replay of(Machine machine, Run run, Explorer.Violation violation, boolean strict) {
    boolean demanding = strict && !violation.workload().trouble().any();
    Judge judge = new Judge(run, demanding);
    Reopening reopening = new Reopening(machine);
    long seed = violation.workload().seed();
    Crash crash = run.crash();
    Timeline timeline = run.timeline();
    for (Explorer.Step step : violation.before()) {
      crash.moveTo(step.moment().at());
      Timeline after = new Timeline();
      Disk disk = state(machine, crash, step.moment(), step.choice(), after);
      crash = new Crash(disk, after);
      Reopening.Plan plan = new Reopening.Plan(seed, step.moment().nanos(), false, true);
      reopening.look(disk, run.guest().sectors(), plan);
      timeline = after;
    }
    Opinion opinion =
        (at, moment, choice) -> {
          Timeline.Moment first =
              violation.before().isEmpty() ? moment : violation.before().get(0).moment();
          judge.at(first.at());
          Disk disk = state(machine, at, moment, choice, new Timeline());
          Reopening.Plan plan = new Reopening.Plan(seed, moment.nanos(), violation.lives(), false);
          List<String> wrong = judge.complaints(reopening.look(disk, run.guest().sectors(), plan));
          return wrong.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", wrong));
        };
    return new Replay(machine, crash, timeline, opinion);
  }

  private static Disk state(
      Machine machine, Crash crash, Timeline.Moment moment, Choice choice, Timeline after) {
    return crash.state(choice, after, machine::wallNanos, Explorer.WALL + moment.nanos());
  }

  /** At which crashes may come, in their order. */
  List<Timeline.Moment> moments() {
    return timeline.moments();
  }

  /** What a crash may lose at a moment. */
  List<Change> pending(Timeline.Moment moment) {
    return at(moment).pending();
  }

  /** What is wrong with a state. */
  Optional<String> wrong(Timeline.Moment moment, Choice choice) {
    return opinion.of(at(moment), moment, choice);
  }

  /** What is lost, in words. */
  List<String> missing(Timeline.Moment moment, Choice choice) {
    return Describe.missing(machine, at(moment), choice);
  }

  private Crash at(Timeline.Moment moment) {
    if (crash == null || crash.at() > moment.at()) {
      crash = start.fork();
    }
    crash.moveTo(moment.at());
    return crash;
  }
}
