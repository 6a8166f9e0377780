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
import io.ashlar.engine.journal.BitmapFact.BitmapsResized;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.spi.Texts;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/** Facts and stamps in words for people; names from images are made printable. */
final class FactText {
  /** Most facts of one change that are told one by one. */
  private static final int MOST = 8;

  private FactText() {}

  static String of(List<BitmapFact> facts) {
    String told = facts.stream().limit(MOST).map(FactText::of).collect(Collectors.joining(", "));
    return facts.size() <= MOST ? told : told + " and " + (facts.size() - MOST) + " more";
  }

  static String of(BitmapFact fact) {
    if (fact instanceof BitmapAdded f) {
      return "added "
          + name(f.bitmap())
          + " (granularity "
          + f.granularity()
          + (f.enabled() ? ")" : ", disabled)");
    } else if (fact instanceof BitmapRemoved f) {
      return "removed " + name(f.bitmap());
    } else if (fact instanceof BitmapCleared f) {
      return "cleared " + name(f.bitmap());
    } else if (fact instanceof BitmapEnabled f) {
      return "enabled " + name(f.bitmap());
    } else if (fact instanceof BitmapDisabled f) {
      return "disabled " + name(f.bitmap());
    } else if (fact instanceof BitmapsMerged f) {
      return "merged " + sources(f.sources()) + " into " + name(f.bitmap());
    } else if (fact instanceof BitmapFrozen f) {
      return "froze " + name(f.bitmap()) + " for " + Texts.printable(f.holder());
    } else if (fact instanceof BitmapThawed f) {
      return "thawed "
          + name(f.bitmap())
          + switch (f.how()) {
            case ABDICATED -> " (what was copied counts as clean)";
            case RECLAIMED -> " (its bits were put back)";
          };
    } else if (fact instanceof BitmapMoved f) {
      return switch (f.side()) {
            case MOVED_IN -> "moved " + name(f.bitmap()) + " here from node ";
            case MOVED_OUT -> "moved " + name(f.bitmap()) + " away to node ";
          }
          + name(f.peer());
    } else if (fact instanceof BitmapsResized f) {
      return "resized to " + f.length() + " bytes";
    } else if (fact instanceof BitmapsArmed f) {
      return "marked " + count(f.bitmaps()) + " in use";
    } else if (fact instanceof BitmapsSealed f) {
      return "stored " + count(f.bitmaps());
    }
    throw new IllegalStateException("no words are given to " + fact.getClass());
  }

  /** When and who: {@code 2026-01-31T12:00:00Z by process 17 of user joe on vmhost (command)}. */
  static String of(Stamp stamp) {
    return Instant.ofEpochMilli(stamp.millis())
        + " by process "
        + stamp.process()
        + " of user "
        + Texts.printable(stamp.user())
        + (stamp.host().isEmpty() ? "" : " on " + Texts.printable(stamp.host()))
        + " ("
        + Texts.printable(stamp.command())
        + ")";
  }

  static String name(String bitmap) {
    return "'" + Texts.printable(bitmap) + "'";
  }

  private static String sources(List<String> sources) {
    return sources.stream().map(FactText::name).collect(Collectors.joining(", "));
  }

  static String count(int bitmaps) {
    return bitmaps == 1 ? "1 bitmap" : bitmaps + " bitmaps";
  }
}
