package io.ashlar.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapFrozen;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What events add up to, and that a snapshot is the same as the events before it. */
class JournalStateTest {
  private static JournalState after(LifecycleEvent... events) {
    JournalState state = JournalState.EMPTY;
    for (LifecycleEvent event : events) {
      state = state.after(event);
    }
    return state;
  }

  private static ChangeIntended intended(long change, BitmapFact... facts) {
    return new ChangeIntended(Facts.STAMP, change, List.of(facts));
  }

  private static ChangeDone done(long change, BitmapFact... facts) {
    return new ChangeDone(Facts.STAMP, change, List.of(facts));
  }

  private static final BitmapAdded ADDED = new BitmapAdded("b", 65536, true);

  @Test
  void onlyTheEndOfAChangeIsAFact() {
    JournalState state = after(intended(1, ADDED));
    assertThat(state.bitmaps()).isEmpty();
    assertThat(state.open()).containsOnlyKeys(1L);
    state = state.after(done(1, ADDED));
    assertThat(state.open()).isEmpty();
    assertThat(state.bitmaps().get("b").granularity()).isEqualTo(65536);
    assertThat(state.lastChange()).isEqualTo(1);
    state = state.after(intended(2, new BitmapRemoved("b")));
    state =
        state.after(new ChangeFailed(Facts.STAMP, 2, List.of(new BitmapRemoved("b")), "no space"));
    assertThat(state.bitmaps()).containsKey("b");
    assertThat(state.open()).isEmpty();
    assertThat(state.lastChange()).isEqualTo(2);
  }

  @Test
  void anIntentInPartsIsOneChange() {
    JournalState state = after(intended(1, ADDED), intended(1, new BitmapAdded("c", 65536, true)));
    assertThat(state.open().get(1L).facts()).hasSize(2);
  }

  @Test
  void armedUntilSealed() {
    JournalState state = after(done(1, ADDED), done(2, new BitmapsArmed(1)));
    assertThat(state.armed()).isEqualTo(Facts.STAMP);
    assertThat(state.after(done(3, new BitmapsSealed(1))).armed()).isNull();
  }

  @Test
  void holdsEndWithTheProcess() {
    JournalState state = after(done(1, ADDED), done(2, new BitmapFrozen("b", "job 'j'")));
    assertThat(state.bitmaps().get("b").holder()).isEqualTo("job 'j'");
    assertThat(state.after(new ImageOpened(Facts.STAMP, 1)).bitmaps().get("b").holder()).isEmpty();
  }

  @Test
  void theHistoryIsBoundedAndKeepsWhatMattersLongest() {
    JournalState state = after(done(1, ADDED));
    for (int i = 0; i < 2 * History.MOST; i++) {
      state = state.after(done(2 + i, i % 2 == 0 ? new BitmapsArmed(1) : new BitmapsSealed(1)));
    }
    assertThat(state.history().events()).hasSize(History.MOST);
    assertThat(state.history().dropped()).isEqualTo(History.MOST + 1);
    assertThat(state.history().events().get(0)).isEqualTo(done(1, ADDED));
    for (int i = 0; i < 2 * History.MOST; i++) {
      state = state.after(done(1, new BitmapCleared("b")));
    }
    assertThat(state.history().events()).hasSize(History.MOST);
    assertThat(state.history().events()).doesNotContain(done(1, ADDED));
  }

  @Test
  void aSnapshotIsTheStateItWasTakenOf() {
    long seed = Long.getLong("ashlar.seed", new SplittableRandom().nextLong());
    Facts facts = new Facts(seed);
    JournalState state = JournalState.EMPTY;
    for (int i = 0; i < 300; i++) {
      state = state.after(facts.event());
      byte[] bytes = StateCodec.encode(state);
      assertThat(StateCodec.decode(StateCodec.manifest(), ByteBuffer.wrap(bytes)))
          .as("-Dashlar.seed=" + seed)
          .isEqualTo(state);
    }
    assertThat(state.bitmaps()).isNotEmpty();
  }

  @Test
  void aSnapshotOfTheFutureOrADamagedOneIsRefused() {
    byte[] bytes = StateCodec.encode(after(done(1, ADDED)));
    assertThatThrownBy(() -> StateCodec.decode("journal-state:2", ByteBuffer.wrap(bytes)))
        .hasMessageContaining("newer Ashlar");
    for (int length = 0; length < bytes.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(bytes, 0, length);
      assertThatThrownBy(() -> StateCodec.decode("journal-state:1", cut))
          .isInstanceOf(UnreadableEventException.class);
    }
  }
}
