package io.ashlar.driver.copybeforewrite;

import static io.ashlar.driver.copybeforewrite.Disks.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CopyPlan;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.OperationLog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many guest writers and several threads of a job, in orders that a seed picks. */
final class CopyBeforeWriteRaceTest {
  private static final int CLUSTERS = 12;
  private static final int LENGTH = CLUSTERS * CLUSTER + 4096;

  static Stream<Long> seeds() {
    Long given = Long.getLong("ashlar.copy.seed");
    return given != null ? Stream.of(given) : LongStream.range(0, 40).boxed();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theTargetHoldsTheMomentOfBegin(long seed) {
    // Every other seed with a limit that is never reached: those copies have threads of their own.
    Disks disks = new Disks(seed, LENGTH, Map.of("cbw-timeout", seed % 2 * 1_000_000L));
    disks.disk.faults().hook((operation, offset, length) -> disks.time.pause());
    disks.target.faults().hook((operation, offset, length) -> disks.time.pause());
    disks.target.log().start();
    disks.copier.begin(CopyPlan.everything());
    List<Waits.WaitThread> threads = new ArrayList<>();
    for (int t = 0; t < 5; t++) {
      Random random = new Random(seed * 1000 + t);
      threads.add(disks.time.start("guest " + t, () -> guest(disks, random)));
    }
    for (int t = 0; t < 2; t++) {
      threads.add(disks.time.start("job " + t, disks::copyRest));
    }
    threads.forEach(thread -> assertThat(thread.join(Long.MAX_VALUE)).isTrue());
    assertThat(disks.copier.remaining()).isZero();
    disks.assertTargetHolds(disks.content, 0, LENGTH);
    Set<Long> written = new HashSet<>();
    for (OperationLog.Entry entry : disks.target.log().entries()) {
      assertThat(written.add(entry.offset())).as("%s is the only copy", entry).isTrue();
    }
    assertThat(written).hasSize(CLUSTERS + 1);
  }

  private static void guest(Disks disks, Random random) {
    for (int i = 0; i < 12; i++) {
      int offset = random.nextInt(LENGTH);
      int length = 1 + random.nextInt(Math.min(3 * CLUSTER, LENGTH - offset));
      switch (random.nextInt(4)) {
        case 0 -> disks.node.writeZeroes(offset, length, IoFlags.NONE);
        case 1 -> disks.node.discard(offset, length, IoFlags.NONE);
        default -> disks.write(offset, length, random.nextInt());
      }
    }
  }

  /** Each guest counts up in a place of its own; what begin sees of it must be what is copied. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aBeginAmongWritersIsOneMoment(long seed) {
    Disks disks = new Disks(seed, LENGTH, Map.of());
    int[] atBegin = new int[4];
    int[] counters = new int[4];
    boolean[] begun = new boolean[1];
    disks
        .disk
        .faults()
        .hook(
            (operation, offset, length) -> {
              disks.time.pause();
              if (operation == Operation.WRITE && !begun[0]) {
                // Between this and the write itself nobody else runs.
                counters[(int) (offset / CLUSTER)]++;
              }
            });
    List<Waits.WaitThread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int place = t * CLUSTER;
      threads.add(
          disks.time.start(
              "guest " + t,
              () -> {
                for (int i = 1; i <= 20; i++) {
                  disks.write(place, CLUSTER, i);
                }
              }));
    }
    for (int i = 0; i < 30; i++) {
      disks.time.pause();
    }
    disks.copier.begin(CopyPlan.everything());
    System.arraycopy(counters, 0, atBegin, 0, 4);
    begun[0] = true;
    threads.forEach(thread -> assertThat(thread.join(Long.MAX_VALUE)).isTrue());
    disks.copyRest();
    for (int t = 0; t < 4; t++) {
      byte[] expected = new byte[CLUSTER];
      Arrays.fill(expected, (byte) atBegin[t]);
      if (atBegin[t] == 0) {
        expected = Arrays.copyOfRange(disks.content, t * CLUSTER, (t + 1) * CLUSTER);
      }
      assertThat(Arrays.equals(disks.target.get((long) t * CLUSTER, CLUSTER), expected))
          .as("guest %d had written %d times; seed %d", t, atBegin[t], seed)
          .isTrue();
    }
  }

  @Test
  void endWaitsForCopiesUnderWay() {
    Disks disks = new Disks(1, LENGTH, Map.of());
    disks.copier.begin(CopyPlan.everything());
    disks.target.faults().hook((operation, offset, length) -> disks.time.sleep(1000));
    Waits.WaitThread guest = disks.time.start("guest", () -> disks.write(0, 10, 1));
    disks.time.sleep(500);
    disks.copier.end();
    assertThat(disks.target.log().count(Operation.WRITE)).isEqualTo(1);
    disks.assertTargetHolds(disks.content, 0, CLUSTER);
    assertThat(guest.join(Long.MAX_VALUE)).isTrue();
    assertThat(disks.disk.status(0, 1)).isEqualTo(BlockStatus.data(1, 0));
    ByteBuffer now = ByteBuffer.allocate(1);
    disks.node.read(0, now, IoFlags.NONE);
    assertThat(now.get(0)).isEqualTo((byte) 1);
  }
}
