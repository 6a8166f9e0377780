package io.ashlar.tests.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes a failing list as short as it gets while it fails: the ddmin algorithm. */
final class Shrinker {
  private Shrinker() {}

  /**
   * Shrinks.
   *
   * @param fails whether a list still shows the failure
   * @param mostRuns how often it may be asked
   */
  static <T> List<T> shrink(List<T> failing, Predicate<List<T>> fails, int mostRuns) {
    List<T> current = failing;
    int pieces = 2;
    int runs = 0;
    while (current.size() >= 2 && runs < mostRuns) {
      int size = (current.size() + pieces - 1) / pieces;
      List<T> smaller = null;
      for (int at = 0; at < current.size() && smaller == null && runs < mostRuns; at += size) {
        List<T> without = without(current, at, size);
        runs++;
        if (fails.test(without)) {
          smaller = without;
        }
      }
      if (smaller != null) {
        current = smaller;
        pieces = Math.max(2, pieces - 1);
      } else if (size == 1) {
        return current;
      } else {
        pieces = Math.min(current.size(), pieces * 2);
      }
    }
    return current;
  }

  private static <T> List<T> without(List<T> list, int at, int size) {
    List<T> rest = new ArrayList<>(list.subList(0, at));
    rest.addAll(list.subList(Math.min(list.size(), at + size), list.size()));
    return rest;
  }
}
