package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.List;

/** Everything that happened in a run, each thing at a moment of its own. */
final class Timeline {
  /**
   * Something worth a crash point.
   *
   * @param at when
   * @param what for people
   * @param phase what the engine was doing, for counting
   * @param nanos the time of the simulation
   */
  record Moment(long at, String what, String phase, long nanos) {}

  private final List<Moment> moments = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private long now;
  private String phase = "prelude";
  private boolean on;
  private java.util.function.LongSupplier nanos = () -> 0;

  /** What the time of the simulation is asked from. */
  void clock(java.util.function.LongSupplier value) {
    nanos = value;
  }

  /** From now on crashes may come. */
  void start() {
    on = true;
  }

  boolean on() {
    return on;
  }

  /** The next moment. */
  long tick() {
    return ++now;
  }

  long now() {
    return now;
  }

  /** The next moment, at which a crash may come. */
  long moment(String what) {
    long at = tick();
    if (on) {
      moments.add(new Moment(at, what, phase, nanos.getAsLong()));
    }
    return at;
  }

  void phase(String value) {
    phase = value;
  }

  void add(Change change) {
    changes.add(change);
  }

  List<Moment> moments() {
    return moments;
  }

  /** In the order of their asking. */
  List<Change> changes() {
    return changes;
  }
}
