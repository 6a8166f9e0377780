package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.spi.ErrorCode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bitmaps in the hands of a fake export: busy, recording, and stored when the node is sealed. */
class ExportHoldsTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final long G = Rig.GRANULE;
  private final Rig rig = new Rig(KIT);

  /** An export that offers one bitmap to clients. */
  private final class FakeExport implements AutoCloseable {
    private final String owner;
    private final String bitmap;

    FakeExport(String id, String bitmap) {
      this.owner = "export '" + id + "'";
      this.bitmap = bitmap;
      rig.hold(bitmap, owner);
    }

    BitTree dirty() {
      return rig.snapshot(bitmap);
    }

    @Override
    public void close() {
      rig.release(bitmap, owner);
    }
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void whatAClientReadsIsNotChangedByCommands() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    try (FakeExport export = new FakeExport("e1", "b")) {
      assertThat(export.dirty().isSet(G)).isTrue();
      assertThat(
              rig.<Done>refused(
                      ErrorCode.BITMAP_BUSY, replyTo -> new BitmapCommand.Clear("b", replyTo))
                  .getMessage())
          .contains("export 'e1'");
      rig.write(2 * G, 1);
      assertThat(rig.info("b").recording()).isTrue();
      assertThat(export.dirty().isSet(2 * G)).isTrue();
    }
    rig.clear("b");
    assertThat(rig.info("b").dirtyBytes()).isZero();
  }

  @Test
  void aNodeBecomesReadOnlyAndIsClosedWithItsBitmapExported() {
    rig.load(true);
    rig.add("b", true);
    rig.write(G, 1);
    try (FakeExport export = new FakeExport("e1", "b")) {
      rig.seal();
      rig.became(false);
      assertThat(rig.store.entry("b").inUse()).isFalse();
      assertThat(rig.store.entry("b").enabled()).isTrue();
      assertThat(rig.store.entry("b").isSet(G)).isTrue();
      assertThat(export.dirty().isSet(G)).isTrue();
    }
    assertThat(rig.info("b").busy()).isFalse();
  }

  @Test
  void anExportLetsGoOfItsOwnBitmapsOnly() {
    rig.load(true);
    rig.add("b", true);
    rig.add("c", true);
    rig.freeze("c", false);
    try (FakeExport export = new FakeExport("e1", "b")) {
      assertThat(export.dirty()).isNotNull();
      for (String[] wrong : new String[][] {{"b", "export 'e2'"}, {"c", "job 'b1'"}}) {
        rig.<Done>refused(
            ErrorCode.JOB_STATE, replyTo -> new BitmapCommand.Release(wrong[0], wrong[1], replyTo));
      }
      rig.<Done>refused(
          ErrorCode.JOB_STATE, replyTo -> new BitmapCommand.Thaw("b", true, null, replyTo));
      assertThat(rig.info("b").busy()).isTrue();
    }
    rig.<Done>refused(
        ErrorCode.JOB_STATE, replyTo -> new BitmapCommand.Release("b", "export 'e1'", replyTo));
  }
}
