package io.ashlar.engine.journal;

import io.ashlar.engine.api.ImageHistory.Entry;
import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapFrozen;
import io.ashlar.engine.journal.BitmapFact.BitmapMoved;
import io.ashlar.engine.journal.BitmapFact.BitmapThawed;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsMerged;
import io.ashlar.engine.journal.BitmapFact.BitmapsResized;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import io.ashlar.spi.Texts;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Events as people and scripts see them: one entry a fact. */
final class Entries {
  private Entries() {}

  static void of(LifecycleEvent event, List<Entry> into) {
    boolean routine = History.isRoutine(event);
    if (event instanceof ChangeDone done) {
      done.facts().forEach(fact -> into.add(of(done.stamp(), fact, routine)));
    } else if (event instanceof ChangeFailed failed) {
      String what = FactText.of(failed.facts());
      into.add(
          entry(
              failed.stamp(),
              "change-failed",
              routine,
              only(failed.facts()),
              "failed: " + what + ": " + Texts.printable(failed.reason()),
              Map.of("change", what, "reason", failed.reason())));
    } else if (event instanceof ImageOpened opened) {
      into.add(
          entry(
              opened.stamp(),
              "image-opened",
              routine,
              "",
              "opened with " + FactText.count(opened.bitmaps()),
              Map.of("bitmaps", opened.bitmaps())));
    } else if (event instanceof ImageReconciled found) {
      into.add(
          entry(
              found.stamp(),
              "image-reconciled",
              routine,
              found.bitmap(),
              "found at opening: " + subject(found) + found.detail(),
              Map.of("finding", word(found.finding()), "detail", found.detail())));
    }
  }

  private static String subject(ImageReconciled found) {
    return switch (found.finding()) {
      case BITMAP_INCONSISTENT -> "bitmap " + FactText.name(found.bitmap()) + " is inconsistent, ";
      default -> "";
    };
  }

  static void unfinished(ChangeIntended intent, List<Entry> into) {
    String what = FactText.of(intent.facts());
    into.add(
        entry(
            intent.stamp(),
            "change-unfinished",
            // The end of an arming is kept with what follows it.
            History.isRoutine(intent.facts()),
            only(intent.facts()),
            "begun: " + what + "; its end is not recorded",
            Map.of("change", what)));
  }

  private static Entry of(Stamp stamp, BitmapFact fact, boolean routine) {
    return entry(stamp, kind(fact), routine, fact.bitmap(), FactText.of(fact), details(fact));
  }

  private static String kind(BitmapFact fact) {
    return word(fact.getClass().getSimpleName());
  }

  private static Map<String, Object> details(BitmapFact fact) {
    if (fact instanceof BitmapAdded f) {
      return Map.of("granularity", f.granularity(), "enabled", f.enabled());
    } else if (fact instanceof BitmapsMerged f) {
      return Map.of("sources", f.sources());
    } else if (fact instanceof BitmapFrozen f) {
      return Map.of("holder", f.holder());
    } else if (fact instanceof BitmapThawed f) {
      return Map.of("holder", f.holder(), "how", word(f.how()));
    } else if (fact instanceof BitmapMoved f) {
      return Map.of("side", word(f.side()), "peer", f.peer());
    } else if (fact instanceof BitmapsResized f) {
      return Map.of("length", f.length());
    } else if (fact instanceof BitmapsArmed f) {
      return Map.of("bitmaps", f.bitmaps());
    } else if (fact instanceof BitmapsSealed f) {
      return Map.of("bitmaps", f.bitmaps());
    }
    return Map.of();
  }

  /** The one bitmap that all of these concern; empty when there are several. */
  private static String only(List<BitmapFact> facts) {
    return facts.size() == 1 ? facts.get(0).bitmap() : "";
  }

  private static Entry entry(
      Stamp stamp,
      String event,
      boolean routine,
      String bitmap,
      String text,
      Map<String, Object> details) {
    return new Entry(
        stamp.millis(),
        event,
        routine,
        bitmap,
        text,
        stamp.command(),
        stamp.node(),
        stamp.host(),
        stamp.process(),
        stamp.user(),
        details);
  }

  /** {@code BITMAP_MISSING} as {@code bitmap-missing}. */
  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@code BitmapAdded} as {@code bitmap-added}. */
  private static String word(String type) {
    return type.replaceAll("(?<!^)([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
