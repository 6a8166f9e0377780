package io.ashlar.engine.journal;

import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapEnabled;
import io.ashlar.engine.journal.BitmapFact.BitmapFrozen;
import io.ashlar.engine.journal.BitmapFact.BitmapMoved;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapThawed;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsMerged;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What the events of a journal add up to. Immutable, as long as nobody changes what it was made of:
 * maps are shared between states, for there may be 65,535 bitmaps.
 *
 * @param lastChange the highest number of a change so far
 * @param open intents without an end, by their numbers
 * @param bitmaps the bitmaps that the image should have
 * @param armed who made the image say IN_USE last, or {@code null} while it should not say so
 * @param history what {@code ashlar journal show} prints, bounded by {@link History}
 */
record JournalState(
    long lastChange,
    SortedMap<Long, ChangeIntended> open,
    Map<String, BitmapHistory> bitmaps,
    Stamp armed,
    History history) {

  /** Before the first event. */
  static final JournalState EMPTY =
      new JournalState(0, new TreeMap<>(), Map.of(), null, History.EMPTY);

  /** After one more event; total: whatever the order of events, nothing here throws. */
  JournalState after(LifecycleEvent event) {
    JournalState next = applied(event);
    return new JournalState(
        Math.max(next.lastChange, event.change()),
        next.open,
        next.bitmaps,
        next.armed,
        history.with(event));
  }

  private JournalState applied(LifecycleEvent event) {
    if (event instanceof ChangeIntended intended) {
      return withOpen(intended);
    }
    if (event instanceof ChangeDone done) {
      return withoutOpen(done.change()).after(done.facts(), done.stamp());
    }
    if (event instanceof ChangeFailed failed) {
      return withoutOpen(failed.change());
    }
    if (event instanceof ImageReconciled found) {
      return reconciled(found);
    }
    return event instanceof ImageOpened ? opened() : this;
  }

  /** Jobs and exports do not outlive their process; what was left in use is known by now. */
  private JournalState opened() {
    if (armed == null && bitmaps.values().stream().allMatch(b -> b.holder().isEmpty())) {
      return this;
    }
    Map<String, BitmapHistory> next = new LinkedHashMap<>(bitmaps);
    next.replaceAll((name, bitmap) -> bitmap.withHolder(""));
    return new JournalState(lastChange, open, next, null, history);
  }

  /** A change of many bitmaps is announced in several events of one number. */
  private JournalState withOpen(ChangeIntended intended) {
    SortedMap<Long, ChangeIntended> next = new TreeMap<>(open);
    next.merge(
        intended.change(),
        intended,
        (first, more) -> {
          List<BitmapFact> all = new ArrayList<>(first.facts());
          all.addAll(more.facts());
          return new ChangeIntended(first.stamp(), first.change(), all);
        });
    return new JournalState(lastChange, next, bitmaps, armed, history);
  }

  private JournalState withoutOpen(long change) {
    if (!open.containsKey(change)) {
      return this;
    }
    SortedMap<Long, ChangeIntended> next = new TreeMap<>(open);
    next.remove(change);
    return new JournalState(lastChange, next, bitmaps, armed, history);
  }

  private JournalState after(List<BitmapFact> facts, Stamp by) {
    JournalState next = this;
    for (BitmapFact fact : facts) {
      next = next.after(fact, by);
    }
    return next;
  }

  private JournalState after(BitmapFact fact, Stamp by) {
    if (fact instanceof BitmapAdded f) {
      return with(f.bitmap(), added(f.granularity(), f.enabled(), by)).armedBy(by);
    } else if (fact instanceof BitmapRemoved f) {
      return without(f.bitmap());
    } else if (fact instanceof BitmapCleared f) {
      return change(f.bitmap(), b -> b.did("cleared", by));
    } else if (fact instanceof BitmapEnabled f) {
      return change(f.bitmap(), b -> b.withEnabled(true).did("enabled", by));
    } else if (fact instanceof BitmapDisabled f) {
      return change(f.bitmap(), b -> b.withEnabled(false).did("disabled", by));
    } else if (fact instanceof BitmapsMerged f) {
      return change(f.bitmap(), b -> b.did("merged into", by));
    } else if (fact instanceof BitmapFrozen f) {
      return change(f.bitmap(), b -> b.withHolder(f.holder()).did("frozen", by));
    } else if (fact instanceof BitmapThawed f) {
      return change(f.bitmap(), b -> b.withHolder("").did("thawed", by));
    } else if (fact instanceof BitmapMoved f) {
      return f.side() == BitmapFact.Side.MOVED_OUT
          ? without(f.bitmap())
          : with(f.bitmap(), added(f.granularity(), f.enabled(), by).did("moved here", by));
    } else if (fact instanceof BitmapsArmed) {
      return new JournalState(lastChange, open, bitmaps, by, history);
    } else if (fact instanceof BitmapsSealed) {
      return new JournalState(lastChange, open, bitmaps, null, history);
    }
    return this;
  }

  private static BitmapHistory added(long granularity, boolean enabled, Stamp by) {
    return new BitmapHistory(granularity, enabled, "", "", "added", by);
  }

  private JournalState reconciled(ImageReconciled found) {
    return switch (found.finding()) {
      case CHANGE_FOUND -> verified(found.change());
      case CHANGE_NOT_FOUND, CHANGE_UNKNOWN -> withoutOpen(found.change());
      case BITMAP_APPEARED ->
          with(
              found.bitmap(),
              added(found.granularity(), found.enabled(), found.stamp())
                  .did("found", found.stamp()));
      case BITMAP_MISSING -> without(found.bitmap());
      case BITMAP_DIFFERS ->
          change(found.bitmap(), b -> b.asInImage(found.granularity(), found.enabled()));
      case BITMAP_INCONSISTENT ->
          change(found.bitmap(), b -> b.withHolder("").withInconsistent(found.detail()));
      case BITMAP_STORED_BY_OTHERS, BITMAP_RECOVERED ->
          change(found.bitmap(), b -> b.withInconsistent(""));
    };
  }

  private JournalState verified(long change) {
    ChangeIntended intent = open.get(change);
    return intent == null ? this : withoutOpen(change).after(intent.facts(), intent.stamp());
  }

  private JournalState armedBy(Stamp by) {
    return new JournalState(lastChange, open, bitmaps, armed == null ? by : armed, history);
  }

  private JournalState with(String name, BitmapHistory bitmap) {
    Map<String, BitmapHistory> next = new LinkedHashMap<>(bitmaps);
    next.put(name, bitmap);
    return new JournalState(lastChange, open, next, armed, history);
  }

  private JournalState without(String name) {
    Map<String, BitmapHistory> next = new LinkedHashMap<>(bitmaps);
    next.remove(name);
    return new JournalState(lastChange, open, next, armed, history);
  }

  private JournalState change(String name, UnaryOperator<BitmapHistory> how) {
    BitmapHistory known = bitmaps.get(name);
    return known == null ? this : with(name, how.apply(known));
  }
}
