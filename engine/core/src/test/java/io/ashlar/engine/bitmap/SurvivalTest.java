package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.heat.CrashRules;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A crash at every step loses nothing, and each rule that is broken is noticed. */
@Timeout(300)
final class SurvivalTest {
  private static final int RUNS = Integer.getInteger("ashlar.survival-runs", 60);

  /** Everything. */
  private static void life(SurvivalRun run) {
    run.capture();
    run.flush();
    run.clear();
    run.write(2);
    run.flush();
    run.capture();
    run.add("c");
    run.write(33);
    run.backup(true);
    run.write(34);
    run.backup(false);
    run.remove("c");
    run.capture();
    run.seal();
    run.write(50);
    run.flush();
  }

  private static void sound(CrashRules rules, Consumer<SurvivalRun> program) {
    for (int seed = 0; seed < RUNS; seed++) {
      List<String> losses = new SurvivalRun(seed, rules).losses(program);
      assertThat(losses).as("seed %d", seed).isEmpty();
    }
  }

  private static void caught(CrashRules rules, Consumer<SurvivalRun> program) {
    boolean noticed = false;
    for (int seed = 0; seed < 10 * RUNS && !noticed; seed++) {
      noticed = !new SurvivalRun(seed, rules).losses(program).isEmpty();
    }
    assertThat(noticed).isTrue();
  }

  @Test
  void nothingIsLost() {
    sound(CrashRules.SOUND, SurvivalTest::life);
  }

  /** The write goes on, and the image says that there is no journal. */
  @Test
  void theEndOfTheJournalIsToldBeforeTheNextWriteGoesOn() {
    for (boolean kept : new boolean[] {false, true}) {
      sound(CrashRules.SOUND, run -> failing(run, kept));
    }
  }

  private static void failing(SurvivalRun run, boolean kept) {
    run.write(2);
    run.journalFails = true;
    run.journal.fail(kept);
    run.write(33);
    run.write(50);
    run.clear();
    run.write(51);
    run.seal();
  }

  @Test
  void aClearThatTheJournalCannotKeepIsNotForgotten() {
    for (boolean kept : new boolean[] {false, true}) {
      sound(
          CrashRules.SOUND,
          run -> {
            run.write(2);
            run.journalFails = true;
            run.journal.fail(kept);
            run.clear();
            run.write(2);
          });
    }
  }

  @Test
  void writesThatGoOnBeforeTheImageIsToldAreNoticed() {
    caught(
        new Broken() {
          @Override
          public void giveUp(Runnable revoke) {}
        },
        run -> failing(run, false));
  }

  /** For tests. */
  private static class Broken extends CrashRules {}

  @Test
  void regionsThatAreHotBeforeThatIsDurableAreNoticed() {
    caught(
        new Broken() {
          @Override
          public void makeHot(Runnable durable, Runnable mark) {
            mark.run();
            durable.run();
          }
        },
        SurvivalTest::life);
  }

  @Test
  void heatsThatAreIgnoredAreNoticed() {
    caught(
        new Broken() {
          @Override
          public boolean counts(long heatEpoch, long captureEpoch) {
            return false;
          }
        },
        SurvivalTest::life);
  }

  @Test
  void heatsThatCountOnlyAfterTheCapturesEpochAreNoticed() {
    caught(
        new Broken() {
          @Override
          public boolean counts(long heatEpoch, long captureEpoch) {
            return heatEpoch > captureEpoch;
          }
        },
        SurvivalTest::life);
  }

  @Test
  void carriedRegionsThatACaptureForgetsAreNoticed() {
    caught(
        new Broken() {
          @Override
          public BitSet carried(BitSet hot) {
            return new BitSet();
          }
        },
        run -> {
          run.write(48);
          run.capture();
          run.write(49);
        });
  }

  @Test
  void aClearWithoutAnotherNonceIsNoticed() {
    caught(
        new Broken() {
          @Override
          public void shrink(Runnable intent, Runnable image, Runnable capture) {}
        },
        SurvivalTest::life);
  }

  @Test
  void anImageThatChangesBeforeTheIntentIsNoticed() {
    caught(
        new Broken() {
          @Override
          public void shrink(Runnable intent, Runnable image, Runnable capture) {
            image.run();
            intent.run();
          }
        },
        SurvivalTest::life);
  }

  @Test
  void anOlderNonceThatIsAcceptedIsNoticed() {
    caught(
        new Broken() {
          @Override
          public boolean accepts(UUID found, Collection<UUID> known) {
            return true;
          }
        },
        SurvivalTest::life);
  }

  @Test
  void aFenceBeforeTheCaptureIsNoticed() {
    caught(
        new Broken() {
          @Override
          public void arm(Runnable capture, Runnable publish) {
            publish.run();
            capture.run();
          }
        },
        SurvivalTest::life);
  }

  @Test
  void aSuccessorThatIsForgottenIsNoticed() {
    caught(
        new Broken() {
          @Override
          public BitTree bits(BitmapState bitmap) {
            return bitmap.tree();
          }
        },
        SurvivalTest::life);
  }

  @Test
  void aRecordOfTheFenceThatIsIgnoredIsNoticed() {
    caught(
        new Broken() {
          @Override
          public boolean reaches(long lastLsn, long lsnInImage) {
            return true;
          }
        },
        SurvivalTest::life);
  }
}
