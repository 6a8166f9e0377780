package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the bitmaps of an image must know at a moment, from what was asked and answered. While a
 * command is under way it may have taken effect or not, so a bitmap need only know what it would
 * have to know either way.
 */
final class BitmapTruth {
  /** Kinds of command. */
  enum Kind {
    ADD,
    CLEAR,
    REMOVE,
    ENABLE,
    DISABLE,
    MERGE,
    BACKUP
  }

  /** A command. */
  static final class Command {
    final Kind kind;
    final String bitmap;
    final String source;
    final long granularity;
    final boolean enabled;
    final long issued;

    /** When it was answered; of a backup, when it had begun. */
    long answered = Change.NEVER;

    /** Of a backup, when its end was known. */
    long concluded = Change.NEVER;

    boolean succeeded;

    Command(
        Kind kind, String bitmap, String source, long granularity, boolean enabled, long issued) {
      this.kind = kind;
      this.bitmap = bitmap;
      this.source = source;
      this.granularity = granularity;
      this.enabled = enabled;
      this.issued = issued;
    }
  }

  private record Span(long from, long to) {}

  /**
   * A time from which changes count.
   *
   * @param from the content was read at the earliest then
   * @param to and at the latest then
   * @param off when nothing was recorded
   */
  private record Baseline(long from, long to, List<Span> off) {
    Baseline off(Span span) {
      List<Span> more = new ArrayList<>(off);
      more.add(span);
      return new Baseline(from, to, more);
    }

    Baseline onAt(long when) {
      List<Span> ended = new ArrayList<>();
      off.forEach(span -> ended.add(span.to == Change.NEVER ? new Span(span.from, when) : span));
      return new Baseline(from, to, ended);
    }

    boolean requires(GuestTruth guest, int sector, long value, long moment) {
      if (guest.readable(sector, value, from, to)) {
        return false;
      }
      if (guest.uncertain() && !guest.sentBetween(sector, value, from, moment)) {
        return false; // who was told that something is lost does not count on what was
      }
      if (off.isEmpty()) {
        return true;
      }
      // Zeros may be of several requests: one that nobody had to record explains them.
      return guest.onlySent(sector, value, moment, when -> when >= from && recordedAt(when));
    }

    private boolean recordedAt(long when) {
      for (Span span : off) {
        if (when >= span.from && when < span.to) {
          return false;
        }
      }
      return true;
    }
  }

  /** One bitmap. */
  static final class Known {
    final String name;
    final long granularity;

    /** Whether it need not be there. */
    boolean mayBeGone;

    boolean mayBeEnabled;
    boolean mayBeDisabled;

    /** Each is enough by itself; of the baselines of one, all count. */
    private List<List<Baseline>> views = new ArrayList<>();

    /** At which this holds; nothing was sent after it. */
    private final long moment;

    /** The first moment from which it may have counted something. */
    long since;

    Known(String name, long granularity, long moment) {
      this.name = name;
      this.granularity = granularity;
      this.moment = moment;
    }

    /** Whether the granule of this sector must be dirty when the sector holds this. */
    boolean requires(GuestTruth guest, int sector, long value) {
      for (List<Baseline> view : views) {
        boolean required = false;
        for (Baseline baseline : view) {
          required |= baseline.requires(guest, sector, value, moment);
        }
        if (!required) {
          return false;
        }
      }
      return !views.isEmpty();
    }

    private void each(java.util.function.UnaryOperator<Baseline> change) {
      List<List<Baseline>> next = new ArrayList<>();
      views.forEach(view -> next.add(new ArrayList<>(view.stream().map(change).toList())));
      views = next;
    }
  }

  private final List<Command> commands = new ArrayList<>();

  Command begin(
      Kind kind, String bitmap, String source, long granularity, boolean enabled, long now) {
    Command command = new Command(kind, bitmap, source, granularity, enabled, now);
    commands.add(command);
    return command;
  }

  /** All bitmaps that may be there at a moment. */
  Map<String, Known> at(long moment) {
    Map<String, Known> all = new LinkedHashMap<>();
    for (Command command : commands) {
      if (command.issued <= moment) {
        fold(command, moment, all);
      }
    }
    return all;
  }

  private static void fold(Command command, long moment, Map<String, Known> all) {
    boolean certain = command.answered <= moment && command.succeeded;
    long until = Math.min(command.answered, moment);
    Known known = all.get(command.bitmap);
    if (command.kind == Kind.ADD) {
      if (known == null) {
        all.put(command.bitmap, added(command, certain, moment));
      } else if (certain) {
        all.put(command.bitmap, added(command, true, moment));
      }
      return;
    }
    if (known == null) {
      return;
    }
    switch (command.kind) {
      case CLEAR -> cleared(known, command.issued, until, certain);
      case REMOVE -> {
        known.mayBeGone = true;
        if (certain) {
          all.remove(command.bitmap);
        }
      }
      case ENABLE -> {
        known.mayBeEnabled = true;
        if (certain) {
          known.mayBeDisabled = false;
          known.each(baseline -> baseline.onAt(command.answered));
        }
      }
      case DISABLE -> {
        known.mayBeDisabled = true;
        if (certain) {
          known.mayBeEnabled = false;
        }
        known.each(baseline -> baseline.off(new Span(command.issued, Change.NEVER)));
      }
      case MERGE -> merged(known, all.get(command.source), command.issued, certain);
      case BACKUP -> {
        if (command.concluded <= moment && !command.succeeded) {
          return;
        }
        cleared(
            known, command.issued, Math.min(command.answered, moment), command.concluded <= moment);
      }
      case ADD -> throw new AssertionError();
    }
  }

  private static Known added(Command command, boolean certain, long moment) {
    Known known = new Known(command.bitmap, command.granularity, moment);
    known.mayBeGone = !certain;
    known.mayBeEnabled = command.enabled;
    known.mayBeDisabled = !command.enabled;
    known.since = command.issued;
    List<Span> off = command.enabled ? List.of() : List.of(new Span(command.issued, Change.NEVER));
    long until = Math.min(command.answered, moment);
    known.views.add(List.of(new Baseline(command.issued, until, off)));
    return known;
  }

  private static void cleared(Known known, long from, long to, boolean certain) {
    List<Span> off = known.mayBeDisabled ? List.of(new Span(from, Change.NEVER)) : List.of();
    List<Baseline> fresh = List.of(new Baseline(from, to, off));
    if (certain) {
      known.views = new ArrayList<>(List.of(fresh));
      known.since = from;
    } else {
      known.views.add(fresh);
    }
  }

  private static void merged(Known target, Known source, long when, boolean certain) {
    if (source == null) {
      return;
    }
    List<List<Baseline>> next = new ArrayList<>();
    for (List<Baseline> view : target.views) {
      if (!certain) {
        next.add(view);
      }
      for (List<Baseline> other : source.views) {
        List<Baseline> both = new ArrayList<>(view);
        other.forEach(baseline -> both.add(baseline.off(new Span(when, Change.NEVER))));
        next.add(both);
      }
    }
    target.views = next;
    target.since = Math.min(target.since, source.since);
  }
}
