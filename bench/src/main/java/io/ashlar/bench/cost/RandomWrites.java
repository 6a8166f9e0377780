package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * 16 callers overwrite 4 KiB at random places: 131,072 allocated blocks, two in each MiB of a disk
 * of 64 GiB, all of them in the page cache.
 */
final class RandomWrites {
  static final int CALLERS = 16;
  private static final int PAGE = 4096;
  private static final long DISK = 64L << 30;
  private static final long STEP = 512 << 10;
  private static final int BLOCKS = (int) (DISK / STEP);
  private static final int PAIRS = 10;
  private static final double PAIR_SECONDS = 10;

  private final Ashlar engine;
  private final Path directory;
  private final Verdicts verdicts;

  RandomWrites(Ashlar engine, Path directory, Verdicts verdicts) {
    this.engine = engine;
    this.directory = directory;
    this.verdicts = verdicts;
  }

  /** The share of waiting while the disk is cold and when it is warm; then with and without. */
  void run() throws InterruptedException {
    measure(true);
  }

  /** The share of waiting while the disk is cold, and nothing else. */
  void cold() throws InterruptedException {
    measure(false);
  }

  private void measure(boolean whole) throws InterruptedException {
    Path with = build("with.qcow2");
    Path without = build("without.qcow2");
    try (Guest off = new Guest(engine, "off", without, "off")) {
      // Compiles what both use, outside of the time.
      off.start(CALLERS, caller -> request(off.device(), caller));
      Guest.Mark begun = off.mark();
      Guest.Mark compiled = off.after(PAIR_SECONDS);
      off.stop();
      Verdicts.note(String.format("without journal: %,.0f writes/s", begun.rateUntil(compiled)));
      try (Guest on = new Guest(engine, "on", with, null)) {
        Guest.Mark ten = first(on);
        if (whole) {
          later(on, ten);
        }
        on.stop();
        if (whole) {
          pairs(on, off);
        }
      }
    }
  }

  private Guest.Mark first(Guest on) throws InterruptedException {
    on.start(CALLERS, caller -> request(on.device(), caller));
    Guest.Mark begun = on.mark();
    Guest.Mark ten = on.after(10);
    verdicts.atMost(
        "waiting for the journal, first 10 s", begun.waitingUntil(ten, CALLERS), 25, "%");
    tell("first 10 s", begun, ten);
    return ten;
  }

  private void later(Guest on, Guest.Mark ten) throws InterruptedException {
    Guest.Mark sixty = on.after(50);
    tell("until 60 s", ten, sixty);
    Guest.Mark ninety = on.after(30);
    verdicts.atMost(
        "waiting for the journal, second 60 to 90", sixty.waitingUntil(ninety, CALLERS), 5, "%");
    tell("60 s to 90 s", sixty, ninety);
  }

  private static void tell(String what, Guest.Mark from, Guest.Mark to) {
    Verdicts.note(
        String.format(
            "%s: %,.0f writes/s, %.1f %% waiting, %,d regions heated in %,d waits, %d captures",
            what,
            from.rateUntil(to),
            from.waitingUntil(to, CALLERS),
            to.journal().heatedRegions() - from.journal().heatedRegions(),
            to.journal().waits() - from.journal().waits(),
            to.journal().captures() - from.journal().captures()));
  }

  private void pairs(Guest on, Guest off) throws InterruptedException {
    double with = 0;
    double without = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
      // Who goes first changes, so that neither always finds what the other left behind.
      double first = rate(pair % 2 == 0 ? on : off);
      double second = rate(pair % 2 == 0 ? off : on);
      double ours = pair % 2 == 0 ? first : second;
      double theirs = pair % 2 == 0 ? second : first;
      Verdicts.note(
          String.format(
              "pair %d: %,.0f with, %,.0f without, ratio %.3f",
              pair + 1, ours, theirs, ours / theirs));
      with += ours;
      without += theirs;
    }
    verdicts.atLeast("throughput with / without, 10 pairs of 10 s", with / without, 0.92, "");
  }

  private static double rate(Guest guest) throws InterruptedException {
    guest.start(CALLERS, caller -> request(guest.device(), caller));
    Guest.Mark begun = guest.mark();
    Guest.Mark ended = guest.after(PAIR_SECONDS);
    guest.stop();
    return begun.rateUntil(ended);
  }

  private static Guest.Request request(BlockDevice device, int caller) {
    SplittableRandom random = new SplittableRandom(System.nanoTime() + caller);
    ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    page.put(0, (byte) caller);
    return () -> device.write(random.nextInt(BLOCKS) * STEP, page.clear());
  }

  /** Allocates all blocks, then adds a persistent bitmap. */
  private Path build(String name) {
    Path image = CostImages.create(engine, directory.resolve(name), DISK);
    try (Guest guest = new Guest(engine, "build", image, "off")) {
      ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
      page.put(0, (byte) 1);
      for (long block = 0; block < BLOCKS; block++) {
        guest.device().write(block * STEP, page.clear());
      }
      guest.device().flush();
      engine.bitmaps().add("build", "changes", Bitmaps.Settings.PERSISTENT).await();
    }
    return image;
  }
}
