package io.ashlar.engine.bitmap.bits;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.admission.StripedGate;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemWaits;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What admission and recording cost a request. Prints; the bounds allow for slow machines. */
@Timeout(60)
final class HotPathTimingTest {
  private static final int OPERATIONS = 1_000_000;
  private static final int RUNS = 7;
  private static final long G = 65_536;

  private final Waits waits = SystemWaits.INSTANCE;

  private Recording recording(List<BitmapState> bitmaps) {
    return new Recording(
        "n",
        Generation.of(bitmaps),
        GateState.ARMED,
        Armer.NONE,
        HotRegions.NONE,
        waits,
        bitmaps.isEmpty());
  }

  @Test
  void ticket() {
    StripedGate gate = new StripedGate("device", waits);
    measure("enter and leave", 120, i -> gate.leave(gate.enter()));
  }

  @Test
  void dormant() {
    Recording none = recording(List.of());
    measure("write on a node without bitmaps", 30, i -> none.end(none.begin(i, 1), i, 1));
  }

  @Test
  void recorded() {
    BitTree tree = new BitTree(1L << 30, G);
    Recording one = recording(List.of(BitmapState.of("a", tree, true, true)));
    measure(
        "write into a set granule",
        300,
        i -> {
          long offset = (i & 1023) * G;
          one.end(one.begin(offset, 4096), offset, 4096);
        });
    assertThat(tree.count()).isEqualTo(1024);
  }

  @Test
  void bit() {
    BitTree tree = new BitTree(1L << 46, G);
    measure("set a granule that is set", 100, i -> tree.set((i & 16383) * G, 4096));
    assertThat(tree.count()).isEqualTo(16384);
  }

  private static void measure(String what, long most, IntConsumer operation) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    double best = Double.MAX_VALUE;
    long allocated = Long.MAX_VALUE;
    for (int run = 0; run < RUNS; run++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      for (int i = 0; i < OPERATIONS; i++) {
        operation.accept(i);
      }
      best = Math.min(best, (double) (System.nanoTime() - start) / OPERATIONS);
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
    }
    System.out.printf("%s: %.1f ns%n", what, best);
    assertThat(best).as("%s, ns", what).isLessThan((double) most);
    assertThat(allocated).as("%s, bytes in a million", what).isLessThan(OPERATIONS);
  }
}
