package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.GateState;
import io.ashlar.spi.ErrorCode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the image says when: armed before anything differs, sealed only with the truth. */
class SealingTest {
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

  @Test
  void aWritableNodeIsArmedBeforeItsOpenAnswers() {
    rig.store.put("b", G, false, true, 3 * G);
    rig.load(true);
    assertThat(rig.store.entry("b").inUse()).isTrue();
    assertThat(rig.info("b").armed()).isTrue();
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(G);
    assertThat(rig.snapshot("b").isSet(3 * G)).isTrue();
  }

  @Test
  void aReadOnlyOpenChangesNothing() {
    rig.store.put("b", G, false, true, 3 * G);
    rig.load(false);
    assertThat(rig.store.changes()).isEmpty();
    assertThat(rig.info("b").armed()).isFalse();
  }

  @Test
  void anOpenFailsWhenItCannotArm() {
    rig.store.put("b", G, false, true);
    rig.store.failOnce("arm");
    rig.<Done>refused(
        ErrorCode.IO_ERROR,
        replyTo -> new BitmapCommand.Load(rig.store, rig.store::flush, true, 1 << 20, replyTo));
  }

  @Test
  void aDisabledBitmapIsLoadedDisabledAndStoredDisabled() {
    rig.store.put("b", G, false, false, 0);
    rig.load(true);
    rig.write(5 * G, 1);
    rig.seal();
    assertThat(rig.info("b").recording()).isFalse();
    assertThat(rig.store.entry("b").enabled()).isFalse();
    assertThat(rig.store.entry("b").isSet(5 * G)).isFalse();
    assertThat(rig.store.entry("b").isSet(0)).isTrue();
  }

  @Test
  void sealingStoresTheBitsAndTheNextWriteArmsAgain() {
    rig.load(true);
    rig.add("b", true);
    assertThat(rig.store.entry("b").inUse()).as("the added one survives a crash").isTrue();
    rig.write(2 * G, G);
    rig.seal();
    assertThat(rig.store.entry("b").inUse()).isFalse();
    assertThat(rig.store.entry("b").enabled()).isTrue();
    assertThat(rig.store.entry("b").isSet(2 * G)).isTrue();
    assertThat(rig.info("b").armed()).isFalse();
    rig.write(4 * G, 1, () -> assertThat(rig.store.entry("b").inUse()).isTrue());
    assertThat(rig.info("b").armed()).isTrue();
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
  }

  @Test
  void sealingStoresParentAndSuccessor() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.freeze("b", false);
    rig.write(2 * G, 1);
    rig.seal();
    assertThat(rig.store.entry("b").isSet(G)).isTrue();
    assertThat(rig.store.entry("b").isSet(2 * G)).isTrue();
    assertThat(rig.store.entry("b").enabled()).isTrue();
  }

  @Test
  void nothingIsWrittenWhenNothingDiffers() {
    rig.store.put("x", G, true, true);
    rig.load(true);
    rig.add("t", false);
    rig.write(0, 1);
    rig.store.calls.clear();
    rig.seal();
    assertThat(rig.store.changes()).isEmpty();
    assertThat(rig.store.entry("x").inUse()).isTrue();
  }

  @Test
  void sealingTwiceWritesOnce() {
    rig.load(true);
    rig.add("b", true);
    rig.seal();
    rig.store.calls.clear();
    rig.seal();
    assertThat(rig.store.changes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"stage,false", "publish,false", "publish,true", "directory,false"})
  void aFailedSealLeavesTheNodeTrackingAndARetrySucceeds(String call, boolean tookEffect) {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.store.failedPublishTookEffect = tookEffect;
    rig.store.failOnce(call);
    rig.<Done>refused(ErrorCode.IO_ERROR, BitmapCommand.Seal::new);
    rig.write(2 * G, 1, () -> assertThat(rig.store.entry("b").inUse()).isTrue());
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
    assertThat(rig.info("b").armed()).isTrue();
    rig.seal();
    assertThat(rig.store.entry("b").inUse()).isFalse();
    assertThat(rig.store.entry("b").isSet(G)).isTrue();
    assertThat(rig.store.entry("b").isSet(2 * G)).isTrue();
  }

  @Test
  void aSealThatFailedAtPublishIsRetriedAtOnceWithoutAWrite() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.store.failOnce("publish");
    rig.<Done>refused(ErrorCode.IO_ERROR, BitmapCommand.Seal::new);
    rig.seal();
    assertThat(rig.store.entry("b").inUse()).isFalse();
    assertThat(rig.store.entry("b").isSet(G)).isTrue();
  }

  @Test
  void aWriteThatCannotArmFailsAndTheNextOneTriesAgain() {
    rig.load(true);
    rig.add("b", true);
    rig.seal();
    rig.store.failOnce("arm");
    assertThatThrownBy(
            () ->
                rig.write(
                    G,
                    1,
                    () -> {
                      throw new AssertionError("reached the driver");
                    }))
        .hasMessageContaining("arm of 'image' failed");
    assertThat(rig.bitmaps.recording().gateState()).isEqualTo(GateState.SEALED);
    rig.write(2 * G, 1, () -> assertThat(rig.store.entry("b").inUse()).isTrue());
    assertThat(rig.snapshot("b").isSet(2 * G)).isTrue();
  }

  @Test
  void writersShareOneAttemptToArmWhateverTheDirectoryIsDoing() {
    rig.load(true);
    rig.add("b", true);
    rig.seal();
    rig.store.calls.clear();
    CountDownLatch release = new CountDownLatch(1);
    rig.store.hooks.put("arm", () -> await(release));
    List<CompletableFuture<Void>> writers =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(i -> CompletableFuture.runAsync(() -> rig.write(i * G, 1)))
            .toList();
    CompletableFuture<Done> clear = rig.send(replyTo -> new BitmapCommand.Clear("b", replyTo));
    assertThat(rig.describe()).hasSize(1);
    release.countDown();
    writers.forEach(CompletableFuture::join);
    clear.join();
    assertThat(rig.store.calls).containsOnlyOnce("arm");
  }

  @Test
  void aNodeWithoutAStoreWritesAndKeepsTransientBitmapsOnly() {
    rig.loadWithoutStore();
    rig.add("t", false);
    rig.write(0, 1);
    assertThat(rig.info("t").dirtyBytes()).isEqualTo(G);
    rig.refused(ErrorCode.NOT_SUPPORTED, Rig.adding("p", new Bitmaps.Settings(0, true, false)));
    rig.seal();
    rig.write(G, 1);
    assertThat(rig.info("t").dirtyBytes()).isEqualTo(2 * G);
  }

  @Test
  void readWriteToReadOnlyAndBack() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.seal();
    rig.became(false);
    rig.<Done>refused(ErrorCode.BITMAP_READ_ONLY, replyTo -> new BitmapCommand.Clear("b", replyTo));
    rig.store.writable = true;
    rig.armThrough(rig.store);
    assertThat(rig.store.entry("b").inUse()).isTrue();
    rig.store.calls.clear();
    rig.became(true);
    assertThat(rig.bitmaps.recording().gateState()).isEqualTo(GateState.ARMED);
    rig.write(2 * G, 1);
    assertThat(rig.store.changes()).isEmpty();
    assertThat(rig.store.calls).as("no reload").doesNotContain("load");
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
  }

  @Test
  void aGivenUpGainSealsAgainWithTheBitsThatAreThere() {
    rig.store.put("b", G, false, true, 3 * G);
    rig.store.put("x", G, true, true);
    rig.store.putUnusable("u");
    rig.load(false);
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.disarmThrough(rig.store);
    rig.store.writable = false;
    assertThat(rig.store.entry("b").inUse()).isFalse();
    assertThat(rig.store.entry("b").isSet(3 * G)).isTrue();
    assertThat(rig.store.entry("x").inUse()).isTrue();
    assertThat(rig.store.entry("u").unusable()).isNotNull();
    assertThat(rig.info("b").armed()).isFalse();
  }

  @Test
  void aGivenUpGainThatCannotSealSaysInUse() {
    rig.store.put("b", G, false, true, 3 * G);
    rig.load(false);
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.store.failOnce("stage");
    rig.<Done>refused(
        ErrorCode.IO_ERROR, replyTo -> new BitmapCommand.DisarmThrough(rig.store, replyTo));
    assertThat(rig.store.entry("b").inUse()).isTrue();
    assertThat(rig.info("b").armed()).isTrue();
    assertThat(rig.snapshot("b").isSet(3 * G)).isTrue();
  }

  @Test
  void aGainThatCannotArmIsRefused() {
    rig.store.put("b", G, false, true);
    rig.load(false);
    rig.store.writable = true;
    rig.store.failOnce("arm");
    rig.<Done>refused(
        ErrorCode.IO_ERROR, replyTo -> new BitmapCommand.ArmThrough(rig.store, replyTo));
    rig.armThrough(rig.store);
    assertThat(rig.store.entry("b").inUse()).isTrue();
  }

  @Test
  void anIdleNodeFlushesStoresAndSealsAndTheNextWriteArms() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.store.calls.clear();
    assertThat(rig.sealIdle(() -> rig.store.calls.add("flush"))).isTrue();
    assertThat(rig.store.changes()).containsExactly("flush", "stage", "publish");
    assertThat(rig.store.entry("b").inUse()).isFalse();
    assertThat(rig.sealIdle(() -> rig.store.calls.add("flush"))).as("nothing to seal").isFalse();
    rig.write(2 * G, 1, () -> assertThat(rig.store.entry("b").inUse()).isTrue());
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
  }

  @Test
  void anIdleSealWhoseFlushFailsLeavesTheNodeArmed() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.store.calls.clear();
    rig.<Boolean>refused(
        ErrorCode.IO_ERROR,
        replyTo ->
            new BitmapCommand.SealIdle(
                () -> {
                  throw FakeStore.failure("flush");
                },
                replyTo));
    assertThat(rig.store.changes()).isEmpty();
    assertThat(rig.bitmaps.recording().gateState()).isEqualTo(GateState.ARMED);
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
