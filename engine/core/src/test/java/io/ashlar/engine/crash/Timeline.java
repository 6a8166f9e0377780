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
  private java.util.function.Supplier<String> steps = () -> "";
  private java.util.function.LongSupplier nanos = () -> 0;

  /** What the time of the simulation is asked from. */
  void clock(java.util.function.LongSupplier value) {
    nanos = value;
  }

  /** What says what the engine is in the middle of. */
  void steps(java.util.function.Supplier<String> value) {
    steps = value;
  }

  /** From now on crashes may come. */
  void start() {
    on = true;
  }

  /** No crash comes any more: what follows is the machine that is taken apart. */
  void stop() {
    on = false;
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
      moments.add(new Moment(at, what, phase + steps.get(), nanos.getAsLong()));
    }
    return at;
  }

  /** The time of the simulation at a moment; before the first one that counts, long ago. */
  long nanos(long moment) {
    int index = index(moment);
    return index < 0 ? Long.MIN_VALUE / 2 : moments.get(index).nanos();
  }

  /** How many moments there are up to this one, less one. */
  private int index(long moment) {
    int low = 0;
    int high = moments.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (moments.get(middle).at() <= moment) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** The last moment before a time of the simulation. */
  long lastBefore(long time) {
    long last = Long.MIN_VALUE;
    for (Moment moment : moments) {
      if (moment.nanos() >= time) {
        break;
      }
      last = moment.at();
    }
    return last;
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
