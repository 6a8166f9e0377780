package io.ashlar.engine.bitmap.heat;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.bitmap.heat.Streams.Window;
import io.ashlar.spi.Clock;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How far ahead of whom. */
final class StreamsTest {
  private static final int REGIONS = 16_384;

  private final BitSet entered = new BitSet();

  /** As soon as it is asked for. */
  private final BitSet hot = new BitSet();

  private long nanos;
  private int waits;
  private int asked;

  private final Clock clock =
      new Clock() {
        @Override
        public long nanoTime() {
          return nanos;
        }

        @Override
        public long currentTimeMillis() {
          return 0;
        }
      };
  private Streams streams = new Streams(clock);

  /** A write into whole regions, or into one without its first byte. */
  private Window write(int from, int count, boolean covers) {
    int first = entered.nextClearBit(from);
    int to = from + count - 1;
    if (first > to) {
      return Window.NONE;
    }
    boolean cold = hot.nextClearBit(first) <= to;
    waits += cold ? 1 : 0;
    entered.set(first, to + 1);
    hot.set(first, to + 1);
    Window ahead = streams.entered(first, to, covers || first > from, cold, entered::get);
    if (!ahead.isEmpty()) {
      hot.set(Math.min(REGIONS, ahead.from()), Math.min(REGIONS, ahead.to()));
      asked++;
    }
    return ahead;
  }

  private int ahead() {
    BitSet ahead = (BitSet) hot.clone();
    ahead.andNot(entered);
    return ahead.cardinality();
  }

  private void inOrder(int from, int to, int step, long nanosEach) {
    for (int region = from; region < to; region += step) {
      write(region, step, true);
      nanos += nanosEach;
    }
  }

  @Test
  void threeRegionsInOrderMakeAWriterWhoGoesOn() {
    assertThat(write(10, 1, true).isEmpty()).isTrue();
    assertThat(write(11, 1, true).isEmpty()).isTrue();
    assertThat(write(12, 1, true)).isEqualTo(new Window(13, 16));
  }

  @Test
  void aFastWriterGetsAllThatHelps() {
    inOrder(0, 6000, 1, 250_000);
    assertThat(waits).isEqualTo(3);
    assertThat(ahead()).isBetween(15 * Streams.WIDEST / 16 - 1, Streams.WIDEST);
    assertThat(asked).as("few records").isLessThan(120);
  }

  /** So a flush of 0.2 s, behind 2 GiB that the page cache writes back, is over in time. */
  @Test
  void nearlyAsMuchIsAheadAsWasWritten() {
    inOrder(0, 300, 1, 130_000);
    for (int region = 300; region < 4000; region++) {
      write(region, 1, true);
      nanos += 130_000;
      assertThat(ahead()).as("after region " + region).isGreaterThan(region * 7 / 8);
    }
  }

  /** 50 ms for a region: 64 are more than what it does in the time of any flush. */
  @Test
  void aSlowWriterGetsFewer() {
    inOrder(0, 1000, 1, 50_000_000);
    assertThat(waits).isEqualTo(3);
    assertThat(ahead()).isBetween(3 * Streams.USUAL / 4 - 1, Streams.USUAL);
  }

  /** A second is 1,000 regions at 1 ms each. */
  @Test
  void whatIsAheadLastsASecond() {
    inOrder(0, 6000, 1, 1_000_000);
    assertThat(ahead()).isBetween(900, 1_010);
  }

  @Test
  void whoHadToWaitGetsMoreForAWhile() {
    inOrder(0, 2000, 1, 50_000_000);
    hot.clear(2000, REGIONS); // what a slow journal has not got yet
    write(2000, 1, true);
    assertThat(ahead()).isEqualTo(Streams.LATE);
    inOrder(2001, 4000, 1, 50_000_000);
    assertThat(waits).isEqualTo(4);
    assertThat(ahead()).isLessThanOrEqualTo(Streams.USUAL);
  }

  @Test
  void oneLargeWriteIsNobodyWhoGoesOn() {
    assertThat(write(100, 16, true).isEmpty()).isTrue();
    assertThat(write(500, 16, true).isEmpty()).isTrue();
    assertThat(write(516, 16, true)).isEqualTo(new Window(532, 564));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 100})
  void writesOfAnySizeAreFollowed(int size) {
    inOrder(0, 4000, size, 250_000);
    assertThat(waits).isLessThanOrEqualTo(3);
  }

  /** Several requests at a time overtake one another. */
  @Test
  void writersThatOvertakeOneAnotherAreFollowed() {
    inOrder(0, 8, 1, 250_000);
    for (int region = 8; region < 4000; region += 4) {
      for (int one : new int[] {1, 0, 3, 2}) {
        write(region + one, 1, one % 2 == 0);
        nanos += 250_000;
      }
    }
    assertThat(waits).isLessThan(6);
  }

  @Test
  void randomWritesDoNotMakeUsForgetWhoWeFollow() {
    Random random = new Random(5);
    for (int region = 0; region < 2000; region++) {
      write(region, 1, true);
      nanos += 250_000;
      for (int i = 0; i < 2; i++) {
        write(4096 + 2 * random.nextInt(2048), 1, true);
      }
    }
    assertThat(entered.nextClearBit(0)).isEqualTo(2000);
    assertThat(hot.nextClearBit(0)).isGreaterThan(2 * 2000 * 15 / 16);
  }

  @Test
  void anotherEpochCostsOneWait() {
    inOrder(0, 2000, 1, 250_000);
    hot.clear();
    entered.clear();
    inOrder(2000, 4000, 1, 250_000);
    assertThat(waits).isEqualTo(4);
  }

  /** Nobody who left regions out gets them ahead as well. */
  @Test
  void aJumpIsNoWayInOrder() {
    inOrder(0, 16, 1, 250_000);
    int far = hot.length() - 1;
    write(far, 1, true);
    assertThat(ahead()).isLessThanOrEqualTo(entered.cardinality());
  }

  /** Over-approximation after a crash: one region for each that was touched, and no more. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void neverMoreAheadThanWasEntered(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 40; round++) {
      entered.clear();
      hot.clear();
      streams = new Streams(clock);
      int[] at = random.ints(1 + random.nextInt(4), 0, REGIONS - 512).toArray();
      int writes = 5 + random.nextInt(400);
      for (int i = 0; i < writes; i++) {
        wander(random, at);
        assertThat(ahead())
            .as("seed %d, round %d, write %d", seed, round, i)
            .isLessThanOrEqualTo(entered.cardinality());
      }
    }
  }

  private void wander(Random random, int[] at) {
    int who = random.nextInt(at.length);
    if (at[who] > REGIONS - 8 || random.nextInt(200) == 0) {
      at[who] = random.nextInt(REGIONS - 8);
    } else if (random.nextInt(60) == 0) {
      // Leaves some out: straight to where somebody may look next, or into what is hot.
      at[who] = Math.min(REGIONS - 8, at[who] + random.nextInt(40));
    }
    int size = 1 + (random.nextInt(10) == 0 ? random.nextInt(6) : 0);
    write(at[who], size, random.nextInt(20) > 0);
    at[who] += size;
    nanos += random.nextInt(20) == 0 ? 100_000_000 : random.nextInt(2_000_000);
    if (random.nextInt(50) == 0) {
      // On its way into the journal and not there yet.
      for (int region = at[who]; region < Math.min(REGIONS, at[who] + 300); region++) {
        hot.set(region, entered.get(region));
      }
    }
  }
}
