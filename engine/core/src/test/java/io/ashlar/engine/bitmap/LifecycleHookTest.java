package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The history hears of a change before the image does, and of its end before the asker does. */
class LifecycleHookTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final long G = Rig.GRANULE;
  private final Log log = new Log();
  private final Rig rig = new Rig(KIT, log);

  private final FakeRecords journal = new FakeRecords(() -> rig().store.calls.add("journal"));

  /** Whether there is a journal for a fence. */
  private boolean fences;

  private Rig rig() {
    return rig;
  }

  /** Writes into the list of the store's calls, so that the order shows. */
  private final class Log implements LifecycleLog {
    @Override
    public void ready(String by, Supplier<List<StoredBitmap>> image) {
      rig.store.calls.add("ready " + by + " " + image.get().size());
    }

    @Override
    public Intent intend(String by, List<BitmapFact> facts) {
      rig.store.calls.add("intend " + by + " " + facts);
      return new Intent() {
        @Override
        public void done() {
          rig.store.calls.add("done");
        }

        @Override
        public void failed(Throwable reason) {
          rig.store.calls.add("failed");
        }
      };
    }

    @Override
    public Intent announce(String by, List<BitmapFact> facts) {
      Intent intent = intend(by, facts);
      return fences ? new Awaited(intent) : intent;
    }

    @Override
    public Optional<ImageRecords> records() {
      return fences ? Optional.of(journal) : Optional.empty();
    }

    @Override
    public void note(String by, BitmapFact fact) {
      rig.store.calls.add("note " + by + " " + fact);
    }

    @Override
    public Optional<String> story(String bitmap) {
      return Optional.of("the story of " + bitmap);
    }

    @Override
    public void release() {
      rig.store.calls.add("release");
    }
  }

  /** Says when somebody waits for the announcement. */
  private final class Awaited implements LifecycleLog.Intent {
    private final LifecycleLog.Intent intent;

    Awaited(LifecycleLog.Intent intent) {
      this.intent = intent;
    }

    @Override
    public void awaitKept() {
      rig.store.calls.add("kept");
    }

    @Override
    public void done() {
      intent.done();
    }

    @Override
    public void failed(Throwable reason) {
      intent.failed(reason);
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

  private List<String> calls() {
    List<String> calls = new ArrayList<>(rig.store.calls);
    calls.removeIf(c -> List.of("directory", "load", "checkStorable").contains(c));
    rig.store.calls.clear();
    return calls;
  }

  @Test
  void anImageWithoutBitmapsHasNoHistoryUntilItGainsOne() {
    rig.load(true);
    rig.add("transient", false);
    rig.clear("transient");
    rig.remove("transient");
    assertThat(calls()).containsExactly("arm");
    rig.add("b", true);
    assertThat(calls())
        .containsExactly(
            "ready block-dirty-bitmap-add 0",
            "intend block-dirty-bitmap-add"
                + " [BitmapAdded[bitmap=b, granularity=65536, enabled=true]]",
            "stage",
            "publish",
            "done");
  }

  /** The announcement's flush and those of the directory and the capture go on side by side. */
  @Test
  void theAnnouncementOfAnArmingIsAwaitedLast() {
    fences = true;
    rig.store.fences = true;
    rig.store.put("b", G, false, true);
    rig.load(true);
    assertThat(calls().stream().distinct())
        .containsExactly(
            "ready opening 1",
            "intend opening [BitmapsArmed[bitmaps=1]]",
            "journal",
            "stage",
            "kept",
            "publish",
            "done");
  }

  @Test
  void everyCommandIsAnnouncedAndItsEndRecorded() {
    rig.store.put("b", G, false, true);
    rig.load(true);
    assertThat(calls())
        .containsExactly(
            "ready opening 1", "intend opening [BitmapsArmed[bitmaps=1]]", "arm", "done");
    rig.clear("b");
    assertThat(calls())
        .containsExactly("intend block-dirty-bitmap-clear [BitmapCleared[bitmap=b]]", "done");
    rig.enable("b", false);
    assertThat(calls())
        .containsExactly("intend block-dirty-bitmap-disable [BitmapDisabled[bitmap=b]]", "done");
    rig.enable("b", true);
    assertThat(calls())
        .containsExactly("intend block-dirty-bitmap-enable [BitmapEnabled[bitmap=b]]", "done");
    rig.add("t", false);
    rig.merge("b", List.of(rig.snapshot("t")));
    assertThat(calls())
        .containsExactly(
            "intend block-dirty-bitmap-merge [BitmapsMerged[bitmap=b, sources=[n/s]]]", "done");
    rig.freeze("b", false);
    rig.thaw("b", true, null);
    rig.freeze("b", false);
    rig.thaw("b", false, null);
    assertThat(calls())
        .containsExactly(
            "intend job 'b1' [BitmapFrozen[bitmap=b, holder=job 'b1']]",
            "done",
            "intend job 'b1' [BitmapThawed[bitmap=b, holder=job 'b1', how=ABDICATED]]",
            "done",
            "intend job 'b1' [BitmapFrozen[bitmap=b, holder=job 'b1']]",
            "done",
            "intend job 'b1' [BitmapThawed[bitmap=b, holder=job 'b1', how=RECLAIMED]]",
            "done");
    rig.remove("b");
    assertThat(calls())
        .containsExactly(
            "intend block-dirty-bitmap-remove [BitmapRemoved[bitmap=b]]",
            "stage",
            "publish",
            "done");
  }

  @Test
  void whatIsRefusedByItsChecksIsNotAnnounced() {
    rig.store.put("b", G, false, true);
    rig.load(true);
    rig.freeze("b", false);
    calls();
    rig.<Done>refused(ErrorCode.BITMAP_BUSY, replyTo -> new BitmapCommand.Clear("b", replyTo));
    rig.<Boolean>refused(ErrorCode.BITMAP_BUSY, replyTo -> new BitmapCommand.Remove("b", replyTo));
    assertThat(calls()).isEmpty();
  }

  @Test
  void aChangeThatFailsIsRecordedAsFailed() {
    rig.store.put("b", G, false, true);
    rig.load(true);
    calls();
    rig.store.failOnce("stage");
    rig.<Boolean>refused(ErrorCode.IO_ERROR, replyTo -> new BitmapCommand.Remove("b", replyTo));
    assertThat(calls())
        .containsExactly(
            "intend block-dirty-bitmap-remove [BitmapRemoved[bitmap=b]]", "stage", "failed");
  }

  @Test
  void theReadOnlyImageHasNoOpenJournal() {
    rig.store.put("b", G, false, true);
    rig.load(false);
    assertThat(calls()).isEmpty();
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.became(true);
    assertThat(calls())
        .containsExactly(
            "ready blockdev-reopen 1",
            "intend blockdev-reopen [BitmapsArmed[bitmaps=1]]",
            "arm",
            "done");
    rig.seal();
    rig.became(false);
    assertThat(calls())
        .containsExactly("stage", "publish", "note storing BitmapsSealed[bitmaps=1]", "release");
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.disarmThrough(rig.store);
    assertThat(calls()).endsWith("note storing BitmapsSealed[bitmaps=1]", "release");
  }

  @Test
  void writesOfAnArmedNodeDoNotTouchTheHistory() {
    rig.store.put("b", G, false, true);
    rig.load(true);
    calls();
    for (long i = 0; i < 100; i++) {
      rig.write(i * G, G);
    }
    assertThat(calls()).isEmpty();
    rig.seal();
    calls();
    rig.write(0, G);
    rig.write(0, G);
    assertThat(calls())
        .containsExactly(
            "ready a write 1", "intend a write [BitmapsArmed[bitmaps=1]]", "arm", "done");
  }

  @Test
  void anInconsistentBitmapTellsItsStory() {
    rig.store.put("b", G, true, true);
    rig.load(true);
    assertThat(calls()).containsExactly("ready opening 1", "arm");
    assertThat(rig.info("b").reason()).endsWith("; the story of b");
  }
}
