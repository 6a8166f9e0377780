package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that writes once to the first block of so many regions, then goes on writing to some of
 * them until it is killed.
 */
final class Victim {
  /** It has written to all of them. */
  static final String WRITTEN = "written";

  /** Another capture has been taken. */
  static final String CAPTURED = "captured";

  private static final int PAGE = 4096;
  private static final int CALLERS = 16;
  private static final long LOOK_MILLIS = 200;

  private Victim() {}

  /** Takes an image, the bytes from one place to the next, and numbers: all places, later ones. */
  public static void main(String[] arguments) throws InterruptedException {
    Ashlar engine = Ashlar.start();
    long step = Long.parseLong(arguments[1]);
    int places = Integer.parseInt(arguments[2]);
    int later = Integer.parseInt(arguments[3]);
    Guest guest = new Guest(engine, "disk", Path.of(arguments[0]), null);
    AtomicInteger next = new AtomicInteger();
    AtomicInteger left = new AtomicInteger(CALLERS);
    guest.start(
        CALLERS,
        caller -> {
          SplittableRandom random = new SplittableRandom(caller);
          ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
          boolean[] ended = new boolean[1];
          return () -> {
            int place = next.getAndIncrement();
            if (place < places) {
              guest.device().write(place * step, page.clear());
            } else {
              if (!ended[0]) {
                ended[0] = true;
                left.decrementAndGet();
              }
              next.set(places);
              pause();
              guest.device().write(random.nextInt(later) * step, page.clear());
            }
          };
        });
    long captures = 0;
    boolean told = false;
    while (true) {
      Guest.Mark mark = guest.after(LOOK_MILLIS / 1000.0);
      if (!told && left.get() == 0) {
        guest.device().flush();
        System.out.println(WRITTEN);
        told = true;
        captures = mark.journal().captures();
      }
      for (; told && captures < mark.journal().captures(); captures++) {
        System.out.println(CAPTURED);
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
