package io.ashlar.engine.bitmap.bits;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemWaits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The real recording under real threads, as an incremental backup uses it: what a clear hands over
 * is copied, and in the end disk and copy must be equal.
 */
@Timeout(120)
final class RecordingStressTest {
  private static final int GRANULES = 96;
  private static final long G = 4096;
  private static final int WRITERS = 4;
  private static final int ROUNDS = 1500;

  private final Waits waits = SystemWaits.INSTANCE;
  private final AtomicIntegerArray disk = new AtomicIntegerArray(GRANULES);
  private final AtomicIntegerArray copy = new AtomicIntegerArray(GRANULES);
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicBoolean storedAsValid = new AtomicBoolean();
  private final AtomicBoolean wroteBehindTheSeal = new AtomicBoolean();
  private final Recording recording =
      new Recording(
          "n",
          Generation.of(List.of(BitmapState.of("a", new BitTree(GRANULES * G, G), true, true))),
          GateState.SEALED,
          () -> storedAsValid.set(false),
          HotRegions.NONE,
          waits,
          false);

  @Test
  void incrementsTogetherAreTheDisk() throws Exception {
    long seed = System.nanoTime();
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Random random = new Random(seed + i);
      writers.add(onThread(() -> writeUntilStopped(random)));
    }
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      switch (random.nextInt(4)) {
        case 0 -> increment(recording.generation().get("a").tree(), "clear");
        case 1 -> increment(recording.generation().get("a").tree(), "job");
        case 2 -> {
          recording.apply(recording.generation().createSuccessor("a"));
          recording.apply(recording.generation().reclaim("a"));
        }
        default -> recording.seal(() -> storedAsValid.set(true), Recording.FOR_EVER);
      }
    }
    stop.set(true);
    for (CompletableFuture<Void> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }
    increment(recording.generation().get("a").tree(), "clear");
    for (int i = 0; i < GRANULES; i++) {
      assertThat(copy.get(i)).as("granule %d, seed %d", i, seed).isEqualTo(disk.get(i));
    }
    assertThat(wroteBehindTheSeal).as("a write while bitmaps were stored as valid").isFalse();
    assertThat(recording.inFlight()).isZero();
  }

  /** Hands over the bits of a tree, then copies what they say. */
  private void increment(BitTree old, String how) {
    if (how.equals("clear")) {
      recording.apply(recording.generation().clear("a"));
    } else {
      recording.apply(recording.generation().createSuccessor("a"));
    }
    for (long at = old.nextDirty(0); at >= 0; at = old.nextDirty(at + G)) {
      int granule = (int) (at / G);
      copy.set(granule, disk.get(granule));
    }
    if (!how.equals("clear")) {
      recording.apply(recording.generation().abdicate("a"));
    }
  }

  private void writeUntilStopped(Random random) {
    while (!stop.get()) {
      int granule = random.nextInt(GRANULES);
      long token = recording.begin(granule * G, G);
      try {
        if (storedAsValid.get()) {
          wroteBehindTheSeal.set(true);
        }
        if (random.nextInt(64) == 0) {
          waits.sleep(20_000);
        }
        disk.incrementAndGet(granule);
      } finally {
        recording.end(token, granule * G, G);
      }
    }
  }

  private CompletableFuture<Void> onThread(Runnable body) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    waits.start(
        "writer",
        () -> {
          try {
            body.run();
            result.complete(null);
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }
}
