package io.ashlar.engine.sim;

import java.util.List;
import java.util.Set;

/**
 * How a run ended.
 *
 * @param violations rules that did not hold; none is how it should be
 * @param trace stands for everything that happened, in its order
 * @param steps turns that were taken
 * @param committed structural changes that took effect
 * @param refused structural changes that were refused
 * @param succeeded kinds of commands that were carried out
 * @param log what happened, if that was asked for
 */
public record Outcome(
    List<String> violations,
    long trace,
    int steps,
    int committed,
    int refused,
    Set<String> succeeded,
    List<String> log) {
  /** Whether every rule held. */
  public boolean good() {
    return violations.isEmpty();
  }
}
