package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Writes of 1 MiB in order over an allocated range of 4 GiB, without a flush. */
final class WritesInOrder {
  private static final int LENGTH = 1 << 20;
  private static final int COUNT = 4096;
  private static final int PASSES = 3;

  private final Ashlar engine;
  private final Path directory;
  private final Verdicts verdicts;

  WritesInOrder(Ashlar engine, Path directory, Verdicts verdicts) {
    this.engine = engine;
    this.directory = directory;
    this.verdicts = verdicts;
  }

  /** Each pass opens the image anew, so that no region is hot. */
  void run() {
    Path image = CostImages.create(engine, directory.resolve("order.qcow2"), (long) COUNT * LENGTH);
    try (Guest guest = new Guest(engine, "build", image, "off")) {
      pass(guest);
      guest.device().flush();
      engine.bitmaps().add("build", "changes", Bitmaps.Settings.PERSISTENT).await();
    }
    double worst = 0;
    for (int i = 0; i < PASSES; i++) {
      try (Guest guest = new Guest(engine, "order", image, null)) {
        engine.bitmaps().clear("order", "changes").await();
        guest.device().flush(); // what the pass before wrote is no part of this one
        Guest.Mark begun = guest.mark();
        pass(guest);
        Guest.Mark ended = guest.mark();
        double share = begun.waitingUntil(ended, 1);
        Verdicts.note(
            String.format(
                "pass %d: %.2f GiB/s, %.2f %% waiting, %d waits, %,d regions ahead",
                i + 1,
                COUNT / 1024.0 * 1e9 / (ended.nanos() - begun.nanos()),
                share,
                ended.journal().waits() - begun.journal().waits(),
                ended.journal().preheatedRegions() - begun.journal().preheatedRegions()));
        worst = Math.max(worst, share);
      }
    }
    verdicts.atMost("waiting, 1 MiB writes in order over 4 GiB, worst pass", worst, 3, "%");
  }

  private static void pass(Guest guest) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);
    for (long i = 0; i < COUNT; i++) {
      buffer.clear().put(0, (byte) i);
      guest.device().write(i * LENGTH, buffer);
    }
  }
}
