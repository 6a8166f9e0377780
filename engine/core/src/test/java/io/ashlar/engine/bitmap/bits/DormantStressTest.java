package io.ashlar.engine.bitmap.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemWaits;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A node without bitmaps counts no writers. Its first bitmap comes while it is quiesced; from then
 * on nothing is missed, and nothing is written behind a seal.
 */
@Timeout(120)
final class DormantStressTest {
  private static final int GRANULES = 64;
  private static final long G = 4096;
  private static final int ROUNDS = 400;

  private final Waits waits = SystemWaits.INSTANCE;
  private final AtomicIntegerArray disk = new AtomicIntegerArray(GRANULES);
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicBoolean storedAsValid = new AtomicBoolean();
  private final AtomicBoolean wroteBehindTheSeal = new AtomicBoolean();
  private final StripedGate device = new StripedGate("device", waits);
  private final Recording recording =
      new Recording(
          "n",
          Generation.of(List.of()),
          GateState.SEALED,
          () -> storedAsValid.set(false),
          HotRegions.NONE,
          waits,
          true);

  private static BitmapState bitmap() {
    return BitmapState.of("a", new BitTree(GRANULES * G, G), true, true);
  }

  @Test
  void theFirstBitmapMissesNothing() {
    long seed = System.nanoTime();
    Waits.WaitThread[] writers = new Waits.WaitThread[3];
    for (int i = 0; i < writers.length; i++) {
      Random random = new Random(seed + i);
      writers[i] = waits.start("writer-" + i, () -> writeUntilStopped(random));
    }
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      int[] baseline = new int[GRANULES];
      quiesced(
          () -> {
            assertThat(recording.dormant()).isTrue();
            recording.applyQuiesced(recording.generation().add(bitmap()), () -> {});
            for (int i = 0; i < GRANULES; i++) {
              baseline[i] = disk.get(i);
            }
          });
      waits.sleep(random.nextInt(200_000));
      if (random.nextBoolean()) {
        recording.seal(() -> storedAsValid.set(true), Recording.FOR_EVER);
        waits.sleep(random.nextInt(50_000));
      }
      BitTree tree = recording.generation().get("a").tree();
      quiesced(
          () -> {
            for (int i = 0; i < GRANULES; i++) {
              if (disk.get(i) != baseline[i]) {
                assertThat(tree.isSet(i * G)).as("granule %d, seed %d", i, seed).isTrue();
              }
            }
          });
      recording.apply(recording.generation().remove("a"));
      storedAsValid.set(false);
    }
    stop.set(true);
    for (Waits.WaitThread writer : writers) {
      assertThat(writer.join(60_000_000_000L)).isTrue();
    }
    assertThat(wroteBehindTheSeal).as("seed %d", seed).isFalse();
  }

  @Test
  void withoutQuiescingAWriterWouldWriteBehindASeal() {
    long token = recording.begin(0, G);
    assertThatThrownBy(() -> recording.apply(recording.generation().add(bitmap())))
        .isInstanceOf(DormantException.class);
    // What the refusal is for: forced in beside that writer, the bitmap could be sealed.
    recording.applyQuiesced(recording.generation().add(bitmap()), () -> {});
    recording.seal(() -> storedAsValid.set(true), Recording.FOR_EVER);
    assertThat(storedAsValid).as("the driver is called now").isTrue();
    recording.end(token, 0, G);
    assertThat(storedAsValid).isTrue();
  }

  private void quiesced(Runnable work) {
    device.close(60_000_000_000L);
    try {
      work.run();
    } finally {
      device.open();
    }
  }

  private void writeUntilStopped(Random random) {
    while (!stop.get()) {
      int granule = random.nextInt(GRANULES);
      long ticket = device.enter();
      try {
        long token = recording.begin(granule * G, G);
        try {
          if (!recording.generation().bitmaps().isEmpty() && storedAsValid.get()) {
            wroteBehindTheSeal.set(true);
          }
          disk.incrementAndGet(granule);
        } finally {
          recording.end(token, granule * G, G);
        }
      } finally {
        device.leave(ticket);
      }
    }
  }
}
