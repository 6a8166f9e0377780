package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The block-dirty-bitmap commands: what they do, and that a failed one did nothing. */
class BitmapChangesTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final long G = Rig.GRANULE;
  private final Rig rig = new Rig(KIT);

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"stage", "publish", "directory"})
  void anAddThatCannotBeStoredAddsNothing(String call) {
    rig.load(true);
    rig.add("a", true);
    rig.store.failOnce(call);
    rig.refused(ErrorCode.IO_ERROR, Rig.adding("b", Bitmaps.Settings.PERSISTENT));
    assertThat(rig.info("b")).isNull();
    rig.write(G, 1);
    rig.seal();
    assertThat(rig.store.entry("b")).isNull();
    assertThat(rig.store.entry("a").isSet(G)).isTrue();
    rig.add("b", true);
    assertThat(rig.store.entry("b").inUse()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"stage,false", "publish,false", "publish,true"})
  void aRemovalThatFailsKeepsTheBitmapRecording(String call, boolean tookEffect) {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.store.failedPublishTookEffect = tookEffect;
    rig.store.failOnce(call);
    rig.<Boolean>refused(ErrorCode.IO_ERROR, replyTo -> new BitmapCommand.Remove("b", replyTo));
    rig.write(2 * G, 1);
    rig.seal();
    assertThat(rig.store.entry("b").isSet(G)).isTrue();
    assertThat(rig.store.entry("b").isSet(2 * G)).isTrue();
    assertThat(rig.remove("b")).isTrue();
    assertThat(rig.store.entry("b")).isNull();
  }

  @Test
  void aRemovalTouchesNoOtherEntry() {
    rig.store.put("a", G, false, true, 0);
    rig.store.put("b", G, false, true, G);
    rig.store.put("x", G, true, true);
    rig.store.putUnusable("u");
    rig.load(true);
    rig.seal();
    assertThat(rig.remove("a")).isTrue();
    assertThat(rig.store.entry("b").inUse()).isFalse();
    assertThat(rig.store.entry("b").isSet(G)).isTrue();
    assertThat(rig.store.entry("x").inUse()).isTrue();
    assertThat(rig.store.entry("u").unusable()).isNotNull();
    rig.write(2 * G, 1, () -> assertThat(rig.store.entry("b").inUse()).isTrue());
  }

  @Test
  void unusableAndInconsistentOnesAreRemoved() {
    rig.store.put("x", G, true, true);
    rig.store.putUnusable("u");
    rig.load(true);
    assertThat(rig.info("u").reason()).contains("type 9");
    assertThat(rig.info("x").reason()).contains("full backup");
    assertThat(rig.remove("x")).isTrue();
    assertThat(rig.remove("u")).isTrue();
    assertThat(rig.store.disk).isEmpty();
    assertThat(rig.describe()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\0b"})
  void namesAreChecked(String name) {
    rig.load(true);
    rig.refused(ErrorCode.INVALID_OPTION, Rig.adding(name, Bitmaps.Settings.TRANSIENT));
  }

  @Test
  void namesHaveAtMost1023Bytes() {
    rig.load(true);
    rig.add("n".repeat(1023), true);
    rig.refused(ErrorCode.INVALID_OPTION, Rig.adding("n".repeat(1024), Bitmaps.Settings.TRANSIENT));
    rig.refused(ErrorCode.INVALID_OPTION, Rig.adding("ü".repeat(512), Bitmaps.Settings.TRANSIENT));
  }

  @Test
  void granularityIsCheckedAndHasADefault() {
    rig.load(true);
    rig.refused(
        ErrorCode.INVALID_OPTION, Rig.adding("b", new Bitmaps.Settings(1000, false, false)));
    rig.refused(ErrorCode.INVALID_OPTION, Rig.adding("b", new Bitmaps.Settings(256, false, false)));
    assertThat(
            rig.refused(
                    ErrorCode.INVALID_OPTION,
                    Rig.adding("b", new Bitmaps.Settings(1 << 22, true, false)))
                .getMessage())
        .contains("'disk0'");
    assertThat(rig.ask(Rig.adding("b", Bitmaps.Settings.TRANSIENT)).granularity()).isEqualTo(G);
  }

  @Test
  void aDisabledOneRecordsNothingUntilItIsEnabled() {
    rig.load(true);
    rig.ask(Rig.adding("b", new Bitmaps.Settings(G, true, true)));
    rig.write(0, 1);
    assertThat(rig.info("b").dirtyBytes()).isZero();
    rig.enable("b", true);
    rig.write(G, 1);
    rig.enable("b", false);
    rig.write(2 * G, 1);
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(G);
  }

  @Test
  void aChangeOfASealedBitmapArmsFirstAndFailsWhole() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.seal();
    rig.store.failOnce("arm");
    rig.<Done>refused(ErrorCode.IO_ERROR, replyTo -> new BitmapCommand.Clear("b", replyTo));
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(G);
    assertThat(rig.store.entry("b").inUse()).isFalse();
    rig.clear("b");
    assertThat(rig.info("b").dirtyBytes()).isZero();
    assertThat(rig.store.entry("b").inUse()).isTrue();
  }

  @Test
  void mergesOfOtherGranularitiesOfItselfAndOfNothing() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.merge("b", List.of());
    rig.merge("b", List.of(rig.snapshot("b")));
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(G);
    BitTree fine = new BitTree(Rig.LENGTH, 512);
    fine.set(5 * G + 512, 1);
    BitTree coarse = new BitTree(Rig.LENGTH, 4 * G);
    coarse.set(8 * G, 1);
    rig.merge("b", List.of(fine, coarse));
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(6 * G);
    BlockException refused =
        rig.<Done>refused(
            ErrorCode.INVALID_OPTION,
            replyTo ->
                new BitmapCommand.Merge("b", List.of(new BitTree(G, G)), List.of("n/s"), replyTo));
    assertThat(refused.getMessage()).contains("one length");
  }

  @Test
  void aStoreThatThrowsAnythingDoesNotEndTheDirectory() {
    rig.load(true);
    rig.store.hooks.put(
        "stage",
        () -> {
          throw new IllegalStateException("a defect");
        });
    assertThat(
            rig.refused(ErrorCode.INTERNAL, Rig.adding("b", Bitmaps.Settings.PERSISTENT))
                .getMessage())
        .contains("a defect");
    rig.store.hooks.clear();
    rig.add("b", true);
    assertThat(rig.info("b").persistent()).isTrue();
  }

  @Test
  void resizingKeepsTheBitsAndRecordsBehindTheOldEnd() {
    rig.load(true);
    rig.add("b", true);
    rig.add("t", false);
    rig.write(G, 1);
    rig.seal();
    rig.<Done>ask(replyTo -> new BitmapCommand.MayResize(replyTo));
    assertThat(rig.store.entry("b").inUse()).as("armed before the length differs").isTrue();
    rig.<Done>ask(replyTo -> new BitmapCommand.Resized(2 * Rig.LENGTH, replyTo));
    rig.write(Rig.LENGTH + G, 1);
    for (String name : List.of("b", "t")) {
      assertThat(rig.snapshot(name).isSet(Rig.LENGTH + G)).isTrue();
    }
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
    rig.<Done>ask(replyTo -> new BitmapCommand.Resized(Rig.LENGTH, replyTo));
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(G);
    assertThat(rig.add("n", false).granularity()).isEqualTo(G);
    assertThat(rig.snapshot("n").length()).isEqualTo(Rig.LENGTH);
  }
}
