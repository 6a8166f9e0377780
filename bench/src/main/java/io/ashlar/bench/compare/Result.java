package io.ashlar.bench.compare;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a case measured.
 *
 * @param question what was compared
 * @param ours requests a second of each of our runs
 * @param theirs of each of theirs
 */
record Result(Question question, List<Double> ours, List<Double> theirs) {
  /**
   * What a case compares.
   *
   * @param name its name
   * @param left what ours does
   * @param right what it is held against
   * @param target least ratio of the medians; 0 for none
   */
  record Question(String name, String left, String right, double target) {}

  double ourMedian() {
    return median(numbers(ours));
  }

  double theirMedian() {
    return median(numbers(theirs));
  }

  double ratio() {
    return ourMedian() / theirMedian();
  }

  boolean met() {
    return ratio() >= question.target();
  }

  /** One line of the table. */
  String row() {
    return String.format(
        Locale.ROOT,
        "%-20s %-11s %11s  %-26s %11s %7.2f %7.2f  %s",
        question.name(),
        question.left(),
        String.format(Locale.ROOT, "%,.0f", ourMedian()),
        question.right(),
        String.format(Locale.ROOT, "%,.0f", theirMedian()),
        ratio(),
        question.target(),
        question.target() == 0 ? "no target" : met() ? "ok" : "FALLS SHORT");
  }

  static String head() {
    return String.format(
        Locale.ROOT,
        "%-20s %-11s %11s  %-26s %11s %7s %7s  %s",
        "case",
        "Ashlar",
        "a second",
        "QEMU",
        "a second",
        "ratio",
        "target",
        "verdict");
  }

  /** One JSON object. */
  String json() {
    return String.format(
        Locale.ROOT,
        "{\"case\":\"%s\",\"ours\":%.0f,\"left\":\"%s\",\"theirs\":%.0f,\"right\":\"%s\","
            + "\"ratio\":%.3f,\"target\":%.2f,\"met\":%b,\"pairs\":%d}",
        question.name(),
        ourMedian(),
        question.left(),
        theirMedian(),
        question.right(),
        ratio(),
        question.target(),
        met(),
        ours.size());
  }

  private static double[] numbers(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
