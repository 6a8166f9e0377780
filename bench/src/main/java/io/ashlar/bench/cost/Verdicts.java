package io.ashlar.bench.cost;

import java.util.Locale;

/** Figures beside their targets. */
final class Verdicts {
  private boolean missed;

  /** A figure that must not pass a limit. */
  void atMost(String what, double found, double limit, String unit) {
    tell(what, found, "at most", limit, unit, found <= limit);
  }

  /** A figure that must reach a limit. */
  void atLeast(String what, double found, double limit, String unit) {
    tell(what, found, "at least", limit, unit, found >= limit);
  }

  private void tell(
      String what, double found, String relation, double limit, String unit, boolean met) {
    System.out.printf(
        Locale.ROOT,
        "%-62s %10.2f %-4s (%s %.2f) %s%n",
        what,
        found,
        unit,
        relation,
        limit,
        met ? "met" : "MISSED");
    missed |= !met;
  }

  /** A figure that has no target. */
  static void note(String text) {
    System.out.println("    " + text);
  }

  boolean missed() {
    return missed;
  }
}
