package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Between sealing and the decision, nobody's command makes the image untrue. */
class HoldTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private final Rig rig = new Rig(KIT);
  private CompletableFuture<BitmapInfo> add;

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @BeforeEach
  void sealAndAdd() {
    rig.load(true);
    rig.add("b", true);
    rig.<Done>ask(replyTo -> new BitmapCommand.Seal(true, replyTo));
    add = rig.send(Rig.adding("late", Bitmaps.Settings.PERSISTENT));
    assertThat(rig.describe()).as("queries are answered").hasSize(1);
    // Sent after the add and answered: the directory has had its chance.
    rig.<Done>refused(
        ErrorCode.JOB_STATE, replyTo -> new BitmapCommand.Thaw("b", true, null, replyTo));
    assertThat(add).isNotDone();
    assertThat(rig.store.entry("late")).isNull();
  }

  @Test
  void afterTheNodeBecameReadOnlyTheyAreRefused() {
    rig.became(false);
    assertThatThrownBy(add::join)
        .hasCauseInstanceOf(BlockException.class)
        .hasMessageContaining("read-only");
    assertThat(rig.store.entry("b").inUse()).isFalse();
  }

  @Test
  void afterTheChangeWasGivenUpTheyAreDone() {
    rig.<Done>ask(BitmapCommand.GaveUp::new);
    assertThat(add.join().armed()).isTrue();
    assertThat(rig.store.entry("late").inUse()).isTrue();
  }

  @Test
  void whenTheNodeClosesTheyAreRefused() {
    rig.close();
    assertThatThrownBy(add::join)
        .hasCauseInstanceOf(BlockException.class)
        .extracting(e -> ((BlockException) e.getCause()).code())
        .isEqualTo(ErrorCode.CLOSED);
  }
}
