package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** Makes a bad workload shorter as long as it stays bad in the same way. */
final class Shrinker {
  private final Function<Workload, Optional<Explorer.Violation>> tries;
  private final char oracle;
  private int left;
  private Explorer.Violation best;

  private Shrinker(
      Function<Workload, Optional<Explorer.Violation>> tries, Explorer.Violation first, int most) {
    this.tries = tries;
    this.oracle = first.what().charAt(0);
    this.best = first;
    this.left = most;
  }

  /**
   * The shortest that was found.
   *
   * @param tries explores a workload and says what is wrong
   * @param most so many attempts
   */
  static Explorer.Violation shrink(
      Explorer.Violation first, Function<Workload, Optional<Explorer.Violation>> tries, int most) {
    Shrinker shrinker = new Shrinker(tries, first, most);
    shrinker.guests();
    shrinker.ops();
    shrinker.quiet();
    return shrinker.best;
  }

  private boolean bad(Workload workload) {
    if (left-- <= 0) {
      return false;
    }
    Optional<Explorer.Violation> found =
        tries.apply(workload).filter(violation -> violation.what().charAt(0) == oracle);
    found.ifPresent(violation -> best = violation);
    return found.isPresent();
  }

  private void guests() {
    for (int i = best.workload().guests().size() - 1; i >= 0; i--) {
      List<List<Op>> less = new ArrayList<>(best.workload().guests());
      less.remove(i);
      if (!bad(best.workload().withGuests(less))) {
        int number = i;
        fewer(
            best.workload().guests().get(i),
            ops -> {
              List<List<Op>> guests = new ArrayList<>(best.workload().guests());
              guests.set(number, ops);
              return bad(best.workload().withGuests(guests));
            });
      }
    }
  }

  private void ops() {
    fewer(best.workload().ops(), ops -> bad(best.workload().with(ops)));
  }

  private void quiet() {
    bad(best.workload().withoutPauses());
  }

  /**
   * Leaves out halves, quarters and so on, down to one, until none can be left out.
   *
   * @param bad whether so much is enough; all of it is
   */
  static <T> List<T> fewer(List<T> all, Predicate<List<T>> bad) {
    List<T> now = new ArrayList<>(all);
    int piece = Math.max(1, now.size() / 2);
    while (!now.isEmpty()) {
      int before = now.size();
      int at = 0;
      while (at < now.size()) {
        List<T> less = new ArrayList<>(now);
        less.subList(at, Math.min(at + piece, now.size())).clear();
        if (bad.test(less)) {
          now = less;
        } else {
          at += piece;
        }
      }
      if (piece == 1 && now.size() == before) {
        return now;
      }
      piece = Math.max(1, piece / 2);
    }
    return now;
  }
}
