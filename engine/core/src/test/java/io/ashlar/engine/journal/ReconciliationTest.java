package io.ashlar.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapMoved;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.BitmapFact.Side;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a journal that was left behind and an image say of each other; the image is right. */
class ReconciliationTest {
  private static final Stamp NOW = new Stamp("opening", "disk0", "other", 1, "eve", 2_000_000);
  private static final BitmapAdded ADDED = new BitmapAdded("b", 65536, true);
  private JournalState state = JournalState.EMPTY;
  private final List<StoredBitmap> image = new ArrayList<>();
  private long change;

  private ReconciliationTest done(BitmapFact... facts) {
    state = state.after(new ChangeDone(Facts.STAMP, ++change, List.of(facts)));
    return this;
  }

  private ReconciliationTest intended(BitmapFact... facts) {
    state = state.after(new ChangeIntended(Facts.STAMP, ++change, List.of(facts)));
    return this;
  }

  private ReconciliationTest inImage(String name, boolean inUse) {
    image.add(new StoredBitmap(image.size(), name, 65536, inUse, true, null));
    return this;
  }

  /** The findings, and the state after them. */
  private List<String> findings() {
    List<LifecycleEvent> events = Reconciliation.of(state, image, NOW);
    assertThat(events).last().isEqualTo(new ImageOpened(NOW, image.size()));
    List<String> findings = new ArrayList<>();
    for (LifecycleEvent event : events) {
      state = state.after(event);
      if (event instanceof ImageReconciled found) {
        findings.add(found.finding() + " " + found.bitmap());
        assertThat(found.detail()).isNotEmpty();
      }
    }
    assertThat(Reconciliation.of(state, image, NOW)).as("all is said by now").hasSize(1);
    return findings;
  }

  @Test
  void aNewJournalTakesWhatIsThere() {
    inImage("b", false).inImage("c", true);
    assertThat(findings())
        .containsExactly("BITMAP_APPEARED b", "BITMAP_APPEARED c", "BITMAP_INCONSISTENT c");
    assertThat(state.bitmaps().get("b").inconsistent()).isEmpty();
    assertThat(state.bitmaps().get("c").inconsistent()).contains("another program left it in use");
  }

  @Test
  void afterAnOrderlyEndThereIsNothingToSay() {
    done(ADDED).done(new BitmapsArmed(1)).done(new BitmapsSealed(1)).inImage("b", false);
    assertThat(findings()).isEmpty();
  }

  @Test
  void anAddThatReachedTheImage() {
    intended(ADDED).inImage("b", true);
    assertThat(findings()).containsExactly("CHANGE_FOUND ", "BITMAP_INCONSISTENT b");
    assertThat(state.bitmaps().get("b").by()).isEqualTo(Facts.STAMP);
    assertThat(state.bitmaps().get("b").inconsistent())
        .contains("marked in use 2023-11-14T22:13:20Z by process 4711 of user joe on vmhost");
  }

  @Test
  void anAddThatDidNotReachTheImage() {
    intended(ADDED);
    assertThat(findings()).containsExactly("CHANGE_NOT_FOUND ");
    assertThat(state.bitmaps()).isEmpty();
  }

  @Test
  void aRemovalThatReachedTheImageAndOneThatDidNot() {
    done(ADDED).intended(new BitmapRemoved("b"));
    assertThat(findings()).containsExactly("CHANGE_FOUND ");
    assertThat(state.bitmaps()).isEmpty();
    done(ADDED).done(new BitmapsSealed(1)).intended(new BitmapRemoved("b")).inImage("b", false);
    assertThat(findings()).containsExactly("CHANGE_NOT_FOUND ");
    assertThat(state.bitmaps()).containsKey("b");
  }

  @Test
  void aMoveIsLookedUpOnItsOwnSide() {
    done(ADDED).done(new BitmapsSealed(1));
    intended(new BitmapMoved("b", Side.MOVED_OUT, "n", 65536, true));
    intended(new BitmapMoved("c", Side.MOVED_IN, "n", 65536, true));
    inImage("c", false);
    assertThat(findings()).containsExactly("CHANGE_FOUND ", "CHANGE_FOUND ");
    assertThat(state.bitmaps()).containsOnlyKeys("c");
  }

  @Test
  void aClearCannotBeSeenInAnImageInUse() {
    done(ADDED).intended(new BitmapCleared("b")).inImage("b", true);
    assertThat(findings()).containsExactly("CHANGE_UNKNOWN ", "BITMAP_INCONSISTENT b");
  }

  @Test
  void aChangeOfManyOfWhichTheImageHasSomeIsNotUnderstood() {
    intended(ADDED, new BitmapAdded("c", 65536, true)).inImage("c", false);
    assertThat(findings()).containsExactly("CHANGE_UNKNOWN ", "BITMAP_APPEARED c");
  }

  @Test
  void armingThatDidOrDidNotReachTheImage() {
    done(ADDED).done(new BitmapsSealed(1)).intended(new BitmapsArmed(1)).inImage("b", true);
    assertThat(findings()).containsExactly("CHANGE_FOUND ", "BITMAP_INCONSISTENT b");
    assertThat(state.bitmaps().get("b").inconsistent()).contains("process 4711");
    image.clear();
    state = JournalState.EMPTY;
    done(ADDED).done(new BitmapsSealed(1)).intended(new BitmapsArmed(1)).inImage("b", false);
    assertThat(findings()).containsExactly("CHANGE_NOT_FOUND ");
    assertThat(state.armed()).isNull();
  }

  @Test
  void storingThatReachedTheImage() {
    done(ADDED).done(new BitmapsArmed(1)).intended(new BitmapsSealed(1)).inImage("b", false);
    assertThat(findings()).containsExactly("CHANGE_FOUND ");
    assertThat(state.armed()).isNull();
  }

  @Test
  void aCrashLeavesBitmapsWithTheirStory() {
    done(ADDED).done(new BitmapsArmed(1)).done(new BitmapCleared("b")).inImage("b", true);
    assertThat(findings()).containsExactly("BITMAP_INCONSISTENT b");
    assertThat(state.bitmaps().get("b").inconsistent())
        .contains("never stored")
        .contains("before that it was cleared 2023-11-14T22:13:20Z");
  }

  @Test
  void otherProgramsAddRemoveStoreAndChange() {
    done(ADDED, new BitmapAdded("gone", 65536, true), new BitmapAdded("off", 65536, true));
    done(new BitmapsArmed(3)).inImage("b", false).inImage("new", false);
    image.add(new StoredBitmap(2, "off", 65536, false, false, null));
    assertThat(findings())
        .containsExactly(
            "BITMAP_MISSING gone",
            "BITMAP_STORED_BY_OTHERS b",
            "BITMAP_APPEARED new",
            "BITMAP_DIFFERS off",
            "BITMAP_STORED_BY_OTHERS off");
    assertThat(state.bitmaps().get("off").enabled()).isFalse();
  }

  @Test
  void aFlagInAnImageInUseProvesNothing() {
    done(ADDED).done(new BitmapDisabled("b")).inImage("b", true);
    assertThat(findings()).containsExactly("BITMAP_INCONSISTENT b");
  }

  @Test
  void entriesThatNobodyUnderstandsAreOnlyPresentOrNot() {
    image.add(new StoredBitmap(0, "u", 0, false, true, "its type 9 is not known"));
    assertThat(findings()).containsExactly("BITMAP_APPEARED u");
    done(new BitmapRemoved("u"));
    image.clear();
    assertThat(findings()).isEmpty();
  }

  /** Whatever came before: afterwards journal and image agree, and nothing is open. */
  @Test
  void itAlwaysEndsInAgreement() {
    long seed = Long.getLong("ashlar.seed", new SplittableRandom().nextLong());
    SplittableRandom random = new SplittableRandom(seed);
    Facts facts = new Facts(seed);
    for (int i = 0; i < 200; i++) {
      state = state.after(facts.event());
      image.clear();
      state
          .bitmaps()
          .keySet()
          .forEach(
              name -> {
                if (random.nextInt(4) > 0) {
                  boolean unusable = random.nextInt(5) == 0;
                  image.add(
                      new StoredBitmap(
                          image.size(),
                          name,
                          1L << random.nextInt(9, 20),
                          random.nextBoolean(),
                          random.nextBoolean(),
                          unusable ? "odd" : null));
                }
              });
      for (LifecycleEvent event : Reconciliation.of(state, image, NOW)) {
        state = state.after(event);
      }
      String hint = "-Dashlar.seed=" + seed;
      assertThat(state.open()).as(hint).isEmpty();
      assertThat(state.armed()).as(hint).isNull();
      assertThat(state.bitmaps().keySet())
          .as(hint)
          .containsExactlyInAnyOrderElementsOf(image.stream().map(StoredBitmap::name).toList());
      for (StoredBitmap stored : image) {
        BitmapHistory known = state.bitmaps().get(stored.name());
        assertThat(stored.unusable() != null || stored.inUse() != known.inconsistent().isEmpty())
            .as(hint)
            .isTrue();
      }
      assertThat(Reconciliation.of(state, image, NOW)).as(hint).hasSize(1);
    }
  }
}
