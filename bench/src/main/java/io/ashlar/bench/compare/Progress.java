package io.ashlar.bench.compare;

/** What goes on, for who waits: on stderr, beside the results. */
final class Progress {
  private Progress() {}

  static void say(String what) {
    System.err.println(what);
  }
}
