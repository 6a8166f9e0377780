package io.ashlar.engine.journal;

import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapEnabled;
import io.ashlar.engine.journal.BitmapFact.BitmapMoved;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.Finding;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares what a journal knows with what the image says when it is opened for writing. Nothing is
 * done again and nothing undone: intents without an end are looked up in the image, and where the
 * two differ, the image is right and the journal notes it.
 */
final class Reconciliation {
  private final Stamp now;
  private final boolean fresh;
  private final Map<String, String> whole;
  private final Map<String, StoredBitmap> image = new LinkedHashMap<>();
  private final List<LifecycleEvent> events = new ArrayList<>();
  private JournalState state;

  private Reconciliation(
      JournalState state, List<StoredBitmap> image, Map<String, String> whole, Stamp now) {
    this.state = state;
    this.whole = whole;
    this.now = now;
    fresh = state.equals(JournalState.EMPTY);
    image.forEach(bitmap -> this.image.putIfAbsent(bitmap.name(), bitmap));
  }

  /**
   * The events that make the journal agree with the image, an {@link ImageOpened} last.
   *
   * @param state after all events so far
   * @param image its directory
   * @param whole what is to be said of bitmaps that were recovered after a crash, by their names
   * @param now who opens it
   */
  static List<LifecycleEvent> of(
      JournalState state, List<StoredBitmap> image, Map<String, String> whole, Stamp now) {
    Reconciliation reconciliation = new Reconciliation(state, image, whole, now);
    List.copyOf(state.open().values()).forEach(reconciliation::verify);
    List.copyOf(reconciliation.state.bitmaps().keySet()).forEach(reconciliation::known);
    reconciliation.image.values().forEach(reconciliation::inImage);
    reconciliation.add(new ImageOpened(now, reconciliation.image.size()));
    return reconciliation.events;
  }

  /** The same for an image that no crash left behind. */
  static List<LifecycleEvent> of(JournalState state, List<StoredBitmap> image, Stamp now) {
    return of(state, image, Map.of(), now);
  }

  private void add(LifecycleEvent event) {
    events.add(event);
    state = state.after(event);
  }

  private void verify(ChangeIntended intent) {
    Set<Finding> answers = EnumSet.noneOf(Finding.class);
    intent.facts().forEach(fact -> answers.add(lookUp(fact)));
    Set<Finding> told = EnumSet.copyOf(answers);
    told.remove(Finding.CHANGE_UNKNOWN);
    Finding finding = told.size() == 1 ? told.iterator().next() : Finding.CHANGE_UNKNOWN;
    String verdict =
        switch (finding) {
          case CHANGE_FOUND -> "the image has it";
          case CHANGE_NOT_FOUND -> "the image does not have it";
          default -> "the image cannot tell, the bits were in memory only";
        };
    add(
        new ImageReconciled(
            now,
            intent.change(),
            finding,
            "",
            0,
            false,
            "unfinished: "
                + FactText.of(intent.facts())
                + ", begun "
                + FactText.of(intent.stamp())
                + "; "
                + verdict));
  }

  private Finding lookUp(BitmapFact fact) {
    if (fact instanceof BitmapAdded f) {
      return answer(image.containsKey(f.bitmap()));
    } else if (fact instanceof BitmapRemoved f) {
      return answer(!image.containsKey(f.bitmap()));
    } else if (fact instanceof BitmapMoved f) {
      return answer(image.containsKey(f.bitmap()) == (f.side() == BitmapFact.Side.MOVED_IN));
    } else if (fact instanceof BitmapEnabled f) {
      return flag(f.bitmap(), true);
    } else if (fact instanceof BitmapDisabled f) {
      return flag(f.bitmap(), false);
    } else if (fact instanceof BitmapsArmed) {
      return answer(usable().stream().anyMatch(StoredBitmap::inUse));
    } else if (fact instanceof BitmapsSealed) {
      return answer(usable().stream().noneMatch(StoredBitmap::inUse));
    }
    return Finding.CHANGE_UNKNOWN;
  }

  /** Bitmaps that were inconsistent before cannot tell anything. */
  private List<StoredBitmap> usable() {
    return image.values().stream()
        .filter(b -> b.unusable() == null)
        .filter(
            b ->
                !state.bitmaps().containsKey(b.name())
                    || state.bitmaps().get(b.name()).inconsistent().isEmpty())
        .toList();
  }

  private Finding flag(String name, boolean enabled) {
    StoredBitmap stored = image.get(name);
    if (stored == null || stored.inUse() || stored.unusable() != null) {
      return Finding.CHANGE_UNKNOWN;
    }
    return answer(stored.enabled() == enabled);
  }

  private static Finding answer(boolean found) {
    return found ? Finding.CHANGE_FOUND : Finding.CHANGE_NOT_FOUND;
  }

  private void known(String name) {
    if (!image.containsKey(name)) {
      found(
          Finding.BITMAP_MISSING,
          name,
          null,
          "another program removed bitmap " + FactText.name(name));
    }
  }

  private void inImage(StoredBitmap stored) {
    String name = stored.name();
    BitmapHistory known = state.bitmaps().get(name);
    boolean wasKnown = known != null;
    if (!wasKnown) {
      found(
          Finding.BITMAP_APPEARED,
          name,
          stored,
          fresh
              ? "bitmap " + FactText.name(name) + " was in the image when this journal began"
              : "another program added bitmap " + FactText.name(name));
      known = state.bitmaps().get(name);
    }
    if (stored.unusable() != null) {
      return;
    }
    boolean flagTold = !stored.inUse();
    if (known.granularity() != stored.granularity()
        || (flagTold && known.enabled() != stored.enabled())) {
      found(
          Finding.BITMAP_DIFFERS,
          name,
          stored,
          "another program made bitmap " + FactText.name(name) + " anew or changed it");
    }
    if (stored.inUse() && whole.containsKey(name)) {
      found(Finding.BITMAP_RECOVERED, name, stored, whole.get(name));
    } else if (stored.inUse() && known.inconsistent().isEmpty()) {
      found(Finding.BITMAP_INCONSISTENT, name, stored, whyInUse(known));
    } else if (wasKnown
        && !stored.inUse()
        && (state.armed() != null || !known.inconsistent().isEmpty())) {
      found(
          Finding.BITMAP_STORED_BY_OTHERS,
          name,
          stored,
          "bitmap "
              + FactText.name(name)
              + " was stored, by a process that ended before it could say so or by another"
              + " program");
    }
  }

  private String whyInUse(BitmapHistory known) {
    String who =
        state.armed() == null
            ? "another program left it in use"
            : "it was marked in use " + FactText.of(state.armed()) + " and never stored";
    return who + "; before that it was " + known.last() + " " + FactText.of(known.by());
  }

  private void found(Finding finding, String name, StoredBitmap stored, String detail) {
    long granularity = stored == null ? 0 : stored.granularity();
    boolean enabled = stored != null && stored.enabled();
    add(new ImageReconciled(now, 0, finding, name, granularity, enabled, detail));
  }
}
