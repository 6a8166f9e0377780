package io.ashlar.engine.journal;

import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import java.util.ArrayList;
import java.util.List;

/**
 * The past of an image's bitmaps, oldest first, without intents: those are told by their ends.
 * Bounded: above {@link #MOST} facts the oldest openings, armings and sealings go first, then the
 * oldest of the rest.
 *
 * @param events shared between histories; nobody changes it
 * @param dropped events that were left out for want of room
 * @param weight facts that the events have together; counted once, for an open replays many events
 */
record History(List<LifecycleEvent> events, long dropped, int weight) {
  /** Most facts that are kept. */
  static final int MOST = 1_000;

  static final History EMPTY = new History(List.of(), 0);

  /** A history that was read. */
  History(List<LifecycleEvent> events, long dropped) {
    this(events, dropped, events.stream().mapToInt(History::weight).sum());
  }

  History with(LifecycleEvent event) {
    if (event instanceof ChangeIntended) {
      return this;
    }
    List<LifecycleEvent> next = new ArrayList<>(events);
    next.add(event);
    int together = weight + weight(event);
    int removed = 0;
    while (together > MOST && next.size() > 1) {
      LifecycleEvent oldest = next.remove(firstToGo(next));
      together -= weight(oldest);
      removed++;
    }
    return new History(next, dropped + removed, together);
  }

  private static int firstToGo(List<LifecycleEvent> events) {
    for (int i = 0; i < events.size() - 1; i++) {
      if (isRoutine(events.get(i))) {
        return i;
      }
    }
    return 0;
  }

  /** What every opening and closing brings along. */
  static boolean isRoutine(LifecycleEvent event) {
    return event instanceof ImageOpened
        || (event instanceof ChangeDone done && isRoutine(done.facts()));
  }

  /** The same of facts. */
  static boolean isRoutine(List<BitmapFact> facts) {
    return facts.stream().allMatch(f -> f instanceof BitmapsArmed || f instanceof BitmapsSealed);
  }

  private static int weight(LifecycleEvent event) {
    if (event instanceof ChangeDone done) {
      return Math.max(1, done.facts().size());
    }
    return event instanceof ChangeFailed failed ? Math.max(1, failed.facts().size()) : 1;
  }
}
