package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.spi.ErrorCode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bitmaps in the hands of backup jobs. */
class JobHoldsTest {
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

  private BitTree frozen() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    BitTree bits = rig.freeze("b", false);
    rig.write(2 * G, 1);
    return bits;
  }

  @Test
  void theFrozenBitsStandStillWhileTheSuccessorRecords() {
    BitTree bits = frozen();
    assertThat(bits.dirtyBytes()).isEqualTo(G);
    assertThat(bits.isSet(G)).isTrue();
    assertThat(rig.info("b").busy()).isTrue();
    assertThat(rig.info("b").recording()).isTrue();
    assertThat(rig.snapshot("b").dirtyBytes()).as("parent and successor").isEqualTo(2 * G);
    assertThat(
            rig.<Done>refused(
                    ErrorCode.BITMAP_BUSY, replyTo -> new BitmapCommand.Clear("b", replyTo))
                .getMessage())
        .contains("job 'b1'");
  }

  @Test
  void replacedAfterSuccess() {
    frozen();
    rig.thaw("b", true, null);
    assertThat(rig.info("b").busy()).isFalse();
    assertThat(rig.snapshot("b").isSet(G)).isFalse();
    assertThat(rig.snapshot("b").isSet(2 * G)).isTrue();
    rig.write(3 * G, 1);
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
  }

  @Test
  void givenBackAfterFailure() {
    BitTree bits = frozen();
    rig.thaw("b", false, null);
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
    rig.write(3 * G, 1);
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(3 * G);
    assertThat(bits.dirtyBytes()).isEqualTo(G);
  }

  @Test
  void replacedWithWhatWasNotCopied() {
    frozen();
    BitTree uncopied = new BitTree(Rig.LENGTH, G);
    uncopied.set(7 * G, 1);
    rig.thaw("b", true, uncopied);
    assertThat(rig.snapshot("b").isSet(G)).isFalse();
    assertThat(rig.snapshot("b").isSet(2 * G)).isTrue();
    assertThat(rig.snapshot("b").isSet(7 * G)).isTrue();
  }

  @Test
  void aDisabledOneStaysDisabled() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    rig.enable("b", false);
    rig.freeze("b", false);
    rig.write(2 * G, 1);
    assertThat(rig.info("b").recording()).isFalse();
    rig.thaw("b", false, null);
    rig.write(3 * G, 1);
    assertThat(rig.info("b").recording()).isFalse();
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(G);
  }

  @Test
  void replacingASealedOneArmsFirst() {
    frozen();
    rig.seal();
    rig.thaw("b", true, null);
    assertThat(rig.store.entry("b").inUse()).isTrue();
    rig.seal();
    assertThat(rig.store.entry("b").isSet(G)).isFalse();
    assertThat(rig.store.entry("b").isSet(2 * G)).isTrue();
  }

  @Test
  void whatTheImageCannotBeToldKeepsTheBitsAndFreesTheBitmap() {
    frozen();
    rig.seal();
    rig.store.failOnce("arm");
    rig.<Done>refused(
        ErrorCode.IO_ERROR, replyTo -> new BitmapCommand.Thaw("b", true, null, replyTo));
    assertThat(rig.info("b").busy()).isFalse();
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
    rig.write(3 * G, 1);
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(3 * G);
  }

  @Test
  void aNodeThatBecameReadOnlyKeepsAllBits() {
    frozen();
    rig.seal();
    rig.became(false);
    rig.<Done>refused(
        ErrorCode.BITMAP_READ_ONLY, replyTo -> new BitmapCommand.Thaw("b", true, null, replyTo));
    assertThat(rig.info("b").busy()).isFalse();
    assertThat(rig.info("b").dirtyBytes()).isEqualTo(2 * G);
    assertThat(rig.store.entry("b").isSet(G)).isTrue();
    assertThat(rig.store.entry("b").isSet(2 * G)).isTrue();
  }

  @Test
  void aReadOnlyBitmapIsLentToAJobThatKeepsIt() {
    rig.store.put("b", G, false, true, 3 * G);
    rig.load(false);
    assertThat(rig.freeze("b", true).isSet(3 * G)).isTrue();
    rig.thaw("b", false, null);
    assertThat(rig.info("b").busy()).isFalse();
    assertThat(rig.store.changes()).isEmpty();
  }

  @Test
  void theBitmapOfNoJobCannotBeGivenBack() {
    rig.load(true);
    rig.add("b", true);
    rig.<Done>refused(
        ErrorCode.JOB_STATE, replyTo -> new BitmapCommand.Thaw("b", true, null, replyTo));
  }
}
