package io.ashlar.engine.bitmap.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.contract.VirtualTime;
import io.ashlar.spi.system.SystemWaits;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The real recording, step by step through random interleavings of the model that {@code
 * RecordingModelSpec} explores whole: two writers of one region against a controller that captures
 * and clears. After every step a crash must leave a superset of what was written, and memory too.
 * Each rule that is broken is noticed.
 */
@Timeout(120)
final class RecordingRulesTest {
  private static final long G = 512;
  private static final int RUNS = Integer.getInteger("ashlar.recording-runs", 300);

  /** The rules with a change of threads between any two steps. */
  private static class Stepping extends RecordingRules {
    private Run run;

    @Override
    final void step() {
      run.pause();
    }
  }

  /** Makes the rules of a run. */
  private interface Broken {
    Stepping rules();
  }

  /** One region whose heats are durable when they are made; the fake that HotRegions asks for. */
  private static final class Heats implements HotRegions {
    private final Run run;
    private final boolean marksCurrent;
    private final Set<Long> hot = new HashSet<>();
    private final Set<Long> durable = new HashSet<>();
    private long epoch;

    Heats(Run run, boolean marksCurrent) {
      this.run = run;
      this.marksCurrent = marksCurrent;
    }

    @Override
    public void heat(long offset, long length) {
      long seen = epoch;
      if (hot.contains(seen)) {
        return;
      }
      run.pause();
      durable.add(seen);
      run.pause();
      hot.add(marksCurrent ? epoch : seen);
    }

    @Override
    public long publishNext() {
      return ++epoch;
    }

    @Override
    public void dropBefore(long before) {}
  }

  /** One interleaving. */
  private static final class Run {
    private final VirtualTime time;
    private final Heats heats;
    private final Recording recording;
    private final Consumer<Run> program;

    /** Granule to the tree that was current when its write reached the disk. */
    private final Map<Integer, BitTree> truth = new HashMap<>();

    private Set<Integer> captured = Set.of();
    private long from;

    /** The tree that a clear replaces and that counts until it is durable. */
    private BitTree leaving;

    private boolean lost;

    Run(long seed, Stepping rules, boolean marksCurrent, Consumer<Run> program) {
      rules.run = this;
      time = new VirtualTime(seed);
      heats = new Heats(this, marksCurrent);
      this.program = program;
      BitmapState bitmap = BitmapState.of("a", new BitTree(2 * G, G), true, true);
      recording =
          new Recording(
              "n",
              Generation.of(List.of(bitmap)),
              GateState.ARMED,
              Armer.NONE,
              heats,
              time,
              false,
              rules);
    }

    boolean losesSomething() {
      var first = time.start("first", () -> writer(0, 1));
      var second = time.start("second", () -> writer(1, 0));
      program.accept(this);
      first.join(Long.MAX_VALUE);
      second.join(Long.MAX_VALUE);
      check();
      return lost;
    }

    private void writer(int... granules) {
      for (int granule : granules) {
        long token = recording.begin(granule * G, G);
        pause();
        truth.put(granule, tree());
        pause();
        recording.end(token, granule * G, G);
      }
    }

    private BitTree tree() {
      return recording.generation().get("a").tree();
    }

    void pause() {
      check();
      time.pause();
    }

    /** A crash now, and memory now. */
    private void check() {
      boolean hot = heats.durable.stream().anyMatch(epoch -> epoch >= from);
      BitTree present = tree();
      for (int granule : truth.keySet()) {
        boolean inMemory =
            present.isSet(granule * G) || leaving != null && leaving.isSet(granule * G);
        lost |= !inMemory || !hot && !captured.contains(granule);
      }
    }

    /** The bits, one by one. */
    private Set<Integer> read() {
      Set<Integer> set = new HashSet<>();
      for (int granule = 0; granule < 2; granule++) {
        if (tree().isSet(granule * G)) {
          set.add(granule);
        }
        pause();
      }
      return set;
    }

    void capture() {
      recording.capture(
          generation -> {
            Set<Integer> bits = read();
            captured = bits;
            from = heats.epoch;
          });
    }

    /** Reads first and restarts the hot regions then. */
    void captureTheWrongWayRound() {
      Set<Integer> bits = read();
      heats.publishNext();
      pause();
      captured = bits;
      from = heats.epoch;
    }

    void clear() {
      leaving = tree();
      recording.apply(
          recording.generation().clear("a"),
          () -> {
            captured = read();
            from = heats.epoch;
            cleared();
          },
          Recording.FOR_EVER);
    }

    /** Keeps the hot regions and forgets the heats before its place in the log. */
    void clearAtLogPosition() {
      leaving = tree();
      recording.apply(
          recording.generation().clear("a"),
          () -> {
            captured = read();
            heats.durable.clear();
            cleared();
          },
          Recording.FOR_EVER);
    }

    private void cleared() {
      BitTree present = tree();
      truth.values().removeIf(tree -> tree != present);
      leaving = null;
    }
  }

  private static int losses(Broken rules, boolean marksCurrent, Consumer<Run> program) {
    int losses = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      if (new Run(seed, rules.rules(), marksCurrent, program).losesSomething()) {
        losses++;
      }
    }
    return losses;
  }

  private static void sound(Consumer<Run> program) {
    assertThat(losses(Stepping::new, false, program)).as("of %d seeds from 0", RUNS).isZero();
  }

  private static void caught(Broken rules, Consumer<Run> program) {
    assertThat(losses(rules, false, program)).as("noticed in %d seeds", RUNS).isPositive();
  }

  /** Whether a write reaches the driver while a failed store has left valid bitmaps on disk. */
  private static boolean writesOverValidBitmaps(RecordingRules rules) {
    AtomicBoolean storedAsValid = new AtomicBoolean();
    Recording recording =
        new Recording(
            "n",
            Generation.of(List.of(BitmapState.of("a", new BitTree(2 * G, G), true, true))),
            GateState.ARMED,
            () -> storedAsValid.set(false),
            HotRegions.NONE,
            SystemWaits.INSTANCE,
            false,
            rules);
    assertThatThrownBy(
            () ->
                recording.seal(
                    () -> {
                      storedAsValid.set(true);
                      throw new BlockException(ErrorCode.IO_ERROR, "the flush after it failed");
                    },
                    Recording.FOR_EVER))
        .isInstanceOf(BlockException.class);
    long token = recording.begin(0, G);
    boolean seen = storedAsValid.get();
    recording.end(token, 0, G);
    return seen;
  }

  @Test
  void aStoreThatFailedMayHaveTakenEffect() {
    assertThat(writesOverValidBitmaps(RecordingRules.SOUND)).isFalse();
  }

  @Test
  void aGateThatStaysArmedWhenAStoreFailsIsNoticed() {
    RecordingRules trusting =
        new RecordingRules() {
          @Override
          GateState whileStoring(GateState before) {
            return before;
          }
        };
    assertThat(writesOverValidBitmaps(trusting)).isTrue();
  }

  @Test
  void captureClearCaptureLosesNothing() {
    sound(
        run -> {
          run.capture();
          run.clear();
          run.capture();
        });
  }

  @Test
  void clearsLoseNothing() {
    sound(
        run -> {
          run.clear();
          run.clear();
        });
  }

  private static void twoCaptures(Run run) {
    run.capture();
    run.capture();
  }

  @Test
  void aWriterThatTestsHotBeforeItSetsTheBitIsNoticed() {
    caught(
        () ->
            new Stepping() {
              @Override
              void record(Published g, HotRegions hot, long offset, long length) {
                hot.heat(offset, length);
                step();
                g.set(offset, length);
              }
            },
        RecordingRulesTest::twoCaptures);
  }

  @Test
  void aHeatThatMarksTheSetOfNowIsNoticed() {
    assertThat(losses(Stepping::new, true, RecordingRulesTest::twoCaptures)).isPositive();
  }

  @Test
  void aCaptureThatReadsBeforeItRestartsHotIsNoticed() {
    caught(Stepping::new, Run::captureTheWrongWayRound);
  }

  @Test
  void aClearThatDoesNotAwaitOldWritersIsNoticed() {
    caught(
        () ->
            new Stepping() {
              @Override
              void awaitOld(Runnable wait) {}
            },
        Run::clear);
  }

  @Test
  void aCompletionWithoutTheSecondSetIsNoticed() {
    caught(
        () ->
            new Stepping() {
              @Override
              void complete(Published now, long begunIn, long offset, long length) {}
            },
        Run::clear);
  }

  @Test
  void aClearThatKeepsTheHotSetIsNoticed() {
    caught(
        () ->
            new Stepping() {
              @Override
              long restartHot(HotRegions hot) {
                return 0;
              }
            },
        Run::clearAtLogPosition);
  }
}
