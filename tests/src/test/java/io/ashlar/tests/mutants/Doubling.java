package io.ashlar.tests.mutants;

/** A rule that is broken to see what a {@link Judge} says. */
final class Doubling {
  private Doubling() {}

  static int twice(int number) {
    return 2 * number;
  }
}
