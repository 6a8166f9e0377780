package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.spi.ErrorCode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Holes of QEMU that are closed in the directory of one node and need no more than it. */
class HolesTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
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
  void h7APersistentBitmapIsNotAddedToANodeThatCannotStoreIt() {
    rig.load(false);
    assertThat(
            rig.refused(ErrorCode.BITMAP_READ_ONLY, Rig.adding("b", Bitmaps.Settings.PERSISTENT))
                .getMessage())
        .contains("read-only=false");
    assertThat(rig.describe()).isEmpty();
    assertThat(rig.store.changes()).isEmpty();
    rig.add("t", false);
    assertThat(rig.info("t").persistent()).isFalse();
  }

  @Test
  void h19WhatAJobRecordsInIsNoBitmapOfItsOwn() {
    rig.load(true);
    rig.add("b", true);
    rig.write(Rig.GRANULE, 1);
    rig.freeze("b", false);
    rig.write(2 * Rig.GRANULE, 1);
    assertThat(rig.describe()).extracting(BitmapInfo::name).containsExactly("b");
    assertThat(rig.store.directory()).hasSize(1);
    rig.seal();
    assertThat(rig.store.directory()).hasSize(1);
    rig.thaw("b", true, null);
    assertThat(rig.describe()).extracting(BitmapInfo::name).containsExactly("b");
  }
}
