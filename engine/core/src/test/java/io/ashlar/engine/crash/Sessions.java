package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.List;

/**
 * When a run did what decides how much its journal knows: opening, closing, commands on bitmaps.
 */
final class Sessions {
  private final List<Long> sealed = new ArrayList<>();
  private final List<Long> commands = new ArrayList<>();

  /** From then on the image itself is the truth, until it is opened for writing again. */
  void sealed(long when) {
    sealed.add(when);
  }

  /** Something that is no request of a guest was over. */
  void command(long when) {
    commands.add(when);
  }

  /** Before that, nothing was hot that may be hot at a moment. */
  long sealedBefore(long moment) {
    return last(sealed, moment);
  }

  /** The last command before a moment. */
  long commandBefore(long moment) {
    return last(commands, moment);
  }

  private static long last(List<Long> all, long moment) {
    long last = Long.MIN_VALUE;
    for (long when : all) {
      if (when <= moment) {
        last = Math.max(last, when);
      }
    }
    return last;
  }
}
