package io.ashlar.engine.bitmap.heat;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.spi.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What writers wait for, what is hot ahead of them, and when a capture is worth it. */
final class HeatLogTest {
  private static final long MIB = 1 << 20;
  private static final long LENGTH = 1L << 30;

  /** Counts appends; what nobody waits for is durable when it is told so. */
  private static final class Counted implements ImageRecords {
    private final List<NewRecord> waited = new ArrayList<>();
    private final List<NewRecord> asked = new ArrayList<>();
    private final List<AppendListener> listeners = new ArrayList<>();

    @Override
    public long append(List<NewRecord> records) {
      waited.addAll(records);
      return waited.size();
    }

    @Override
    public void append(List<NewRecord> records, AppendListener listener) {
      asked.addAll(records);
      listeners.add(listener);
    }

    void settle() {
      List<AppendListener> told = List.copyOf(listeners);
      listeners.clear();
      told.forEach(listener -> listener.atOnce(0));
      told.forEach(listener -> listener.durable(0));
    }

    @Override
    public long lastLsn() {
      return waited.size();
    }

    @Override
    public long epoch() {
      return 3;
    }

    @Override
    public JournalIdentity identity() {
      return new JournalIdentity(new UUID(1, 1), new UUID(2, 2));
    }

    @Override
    public long fileTimeNanos() {
      return 0;
    }

    @Override
    public void tidy() {}
  }

  /** Stands still unless it is moved. */
  private static final class Hands implements Clock {
    private long nanos;

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public long currentTimeMillis() {
      return 0;
    }
  }

  private final Counted journal = new Counted();
  private final Hands clock = new Hands();
  private final HeatLog heat =
      new HeatLog(
          clock,
          CrashRules.SOUND,
          (which, why) -> {
            throw new AssertionError(why);
          });
  private final Captures captures = new Captures(heat, clock, CrashRules.SOUND);
  private final BitTree bits = new BitTree(LENGTH, 65_536);
  private final Generation generation =
      Generation.of(List.of(BitmapState.of("b", bits, true, true)));

  private void write(long offset, long length) {
    bits.set(offset, length);
    heat.heat(offset, length);
  }

  /** At the end of an interval. */
  private void capture() {
    heat.restarting(set -> Captures.staying(set, generation), heat::publishNext);
    captures.write(journal, Lengths.of(LENGTH), List.of(new UUID(5, 5)), generation.bitmaps());
    captures.nextInterval();
    journal.waited.clear();
  }

  @Test
  void withoutAFenceNothingIsKept() {
    write(0, MIB);
    assertThat(journal.waited).isEmpty();
    heat.begin(journal, LENGTH, generation);
    heat.end();
    write(0, MIB);
    assertThat(journal.waited).isEmpty();
  }

  @Test
  void onlyTheFirstWriteOfARegionWaits() {
    heat.begin(journal, LENGTH, generation);
    for (int i = 0; i < 100; i++) {
      write(5 * MIB + i * 4096L, 4096);
    }
    assertThat(journal.waited).hasSize(1);
    write(6 * MIB - 512, 1024);
    assertThat(journal.waited).as("two regions, one of them hot").hasSize(2);
    assertThat(heat.statistics().waits()).isEqualTo(2);
    assertThat(heat.statistics().heated()).isEqualTo(2);
  }

  /** Of 900 regions in order, 1 MiB a write, hardly any waits. */
  @Test
  void aWriterInOrderFindsHotRegions() {
    heat.begin(journal, LENGTH, generation);
    for (int i = 0; i < 900; i++) {
      write(i * MIB, MIB);
      journal.settle();
    }
    assertThat(journal.waited.size()).isLessThan(5);
    assertThat(journal.asked.size()).as("windows grow").isLessThan(50);
    assertThat(heat.statistics().preheated()).isGreaterThan(800);
  }

  /** The journal is so slow that nothing is ever hot ahead of the writer but what it waited for. */
  @Test
  void whoWaitsGetsWhatComesNextWithTheSameFlush() {
    heat.begin(journal, LENGTH, generation);
    for (int i = 0; i < 900; i++) {
      write(i * MIB, MIB);
    }
    assertThat(journal.waited.size()).isLessThan(13);
    assertThat(heat.statistics().heated()).isEqualTo(journal.waited.size());
    assertThat(heat.statistics().preheated()).isGreaterThan(800);
  }

  /** Listeners are told later, by a thread that a busy machine may not let run for long. */
  @Test
  void whatIsDurableIsHotAtOnce() {
    heat.begin(journal, LENGTH, generation);
    for (int i = 0; i < 4; i++) {
      write(i * MIB, MIB);
    }
    int asked = journal.listeners.size();
    assertThat(asked).isPositive();
    assertThat(heat.current().allHot().cardinality()).isEqualTo(6);
    journal.listeners.forEach(listener -> listener.atOnce(0));
    assertThat(heat.current().allHot().cardinality()).isGreaterThan(6);
  }

  @Test
  void aWriterInSmallStepsDoesToo() {
    heat.begin(journal, LENGTH, generation);
    for (int i = 0; i < 500 * 16; i++) {
      write(i * 65_536L, 65_536);
      journal.settle();
    }
    assertThat(journal.waited.size()).isLessThan(5);
  }

  /** Two places in each region at random: nobody goes ahead of anybody. */
  @Test
  void randomWritesHeatNothingElse() {
    heat.begin(journal, LENGTH, generation);
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      write(random.nextInt(2048) * (MIB / 2), 4096);
      journal.settle();
    }
    assertThat(heat.statistics().preheated()).isLessThan(12);
  }

  @Test
  void whatWasWrittenInTheLastTwoIntervalsStaysHot() {
    heat.begin(journal, LENGTH, generation);
    write(5 * MIB, 4096);
    capture();
    write(5 * MIB, 4096);
    assertThat(journal.waited).as("carried").isEmpty();
    capture();
    capture();
    write(5 * MIB, 4096);
    assertThat(journal.waited).as("written in the interval before").isEmpty();
    capture();
    capture();
    capture();
    write(5 * MIB, 4096);
    assertThat(journal.waited).as("cold by now").hasSize(1);
  }

  @Test
  void regionsThatAreDirtyAsAWholeStayHot() {
    heat.begin(journal, LENGTH, generation);
    write(5 * MIB, MIB);
    for (int i = 0; i < 5; i++) {
      capture();
    }
    write(5 * MIB, 4096);
    assertThat(journal.waited).isEmpty();
  }

  private boolean worthItAfterAMinute() {
    clock.nanos += 61_000_000_000L;
    boolean worthIt = captures.worthIt(generation);
    captures.tick();
    return worthIt;
  }

  /** Without any capture before: it is the time that tells what is quiet. */
  @Test
  void aCaptureIsWorthItWhenATenthIsQuiet() {
    heat.begin(journal, LENGTH, generation);
    for (int i = 0; i < 50; i++) {
      write(2L * i * MIB, 4096);
    }
    assertThat(captures.worthIt(generation)).as("too early").isFalse();
    assertThat(worthItAfterAMinute()).as("written in this interval").isFalse();
    for (int i = 0; i < 47; i++) {
      write(2L * i * MIB, 4096);
    }
    assertThat(worthItAfterAMinute()).as("written in the interval before").isFalse();
    for (int i = 0; i < 40; i++) {
      write(2L * i * MIB, 4096);
    }
    assertThat(worthItAfterAMinute()).as("three of fifty are quiet").isFalse();
    assertThat(worthItAfterAMinute()).as("ten of fifty are quiet").isTrue();
  }

  @Test
  void aCaptureIsWorthItOnceAMinute() {
    heat.begin(journal, LENGTH, generation);
    write(5 * MIB, 4096);
    assertThat(worthItAfterAMinute()).isFalse();
    capture();
    assertThat(captures.worthIt(generation)).as("quiet, but too early").isFalse();
    assertThat(worthItAfterAMinute()).isTrue();
  }

  /** A capture in the middle of an interval does not make what was written before it quiet. */
  @Test
  void aCaptureDoesNotEndAnInterval() {
    heat.begin(journal, LENGTH, generation);
    write(5 * MIB, 4096);
    for (int i = 0; i < 5; i++) {
      heat.restarting(set -> Captures.staying(set, generation), heat::publishNext);
    }
    journal.waited.clear();
    write(5 * MIB, 4096);
    assertThat(journal.waited).isEmpty();
  }

  @Test
  void epochsOfLaterOpeningsAreLater() {
    heat.begin(journal, LENGTH, generation);
    long first = heat.current().epoch();
    heat.end();
    heat.begin(journal, LENGTH, generation);
    assertThat(heat.current().epoch()).isGreaterThan(first).isGreaterThan(3L << 32);
    assertThat(journal.waited).isEmpty();
    write(0, 1);
    assertThat(journal.waited.get(0).type()).isEqualTo(RecordTypes.HEAT);
  }
}
