package io.ashlar.engine.crash;

import io.ashlar.engine.crash.BitmapTruth.Known;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Holds what a state showed against what must be true of it. */
final class Judge {
  /** The fence's own bitmap, which users do not see. */
  private static final String SENTINEL = "ashlar.fence";

  private final GuestTruth guest;
  private final BitmapTruth bitmaps;
  private final Bounds bounds;
  private final boolean strict;
  private long moment = -1;
  private Map<String, Known> known = Map.of();
  private final Map<Integer, Set<Long>> allowed = new HashMap<>();

  /**
   * A judge.
   *
   * @param strict a bitmap that only Ashlar has touched must be recovered, with no more than {@link
   *     Bounds} allows
   */
  Judge(Run run, boolean strict) {
    this.guest = run.guest();
    this.bitmaps = run.bitmaps();
    this.bounds = new Bounds(guest, run.sessions(), run.timeline());
    this.strict = strict;
  }

  /** Crashes come at this moment from now on. */
  void at(long when) {
    if (when != moment) {
      moment = when;
      known = bitmaps.at(when);
      bounds.at(when);
      allowed.clear();
    }
  }

  /** What is wrong. */
  List<String> complaints(Observed found) {
    List<String> wrong = new ArrayList<>(found.complaints);
    data(found, wrong);
    foreign("C", found.stored, found, wrong);
    if (found.reopened) {
      own(found, wrong);
      if (strict && found.first) {
        bounds.check(found, known, wrong);
      }
      foreign("G", found.storedAfter, found, wrong);
    }
    return wrong;
  }

  private void data(Observed found, List<String> wrong) {
    found.values.forEach(
        (sector, value) -> {
          Set<Long> may = allowed.computeIfAbsent(sector, s -> guest.allowed(s, moment));
          if (!may.contains(value) && wrong.size() < 3) {
            wrong.add("B: sector %d holds %x, not one of %s".formatted(sector, value, hex(may)));
          }
        });
  }

  private static String hex(Set<Long> values) {
    return values.stream().map(Long::toHexString).sorted().toList().toString();
  }

  /** What a foreign reader may believe. */
  private void foreign(
      String oracle, List<Qcow2View.Bitmap> stored, Observed found, List<String> wrong) {
    Set<String> names = new HashSet<>();
    for (Qcow2View.Bitmap bitmap : stored) {
      names.add(bitmap.name());
      Known truth = known.get(bitmap.name());
      if (bitmap.name().equals(SENTINEL) || bitmap.inUse()) {
        continue;
      }
      if (truth == null) {
        wrong.add(oracle + ": bitmap '" + bitmap.name() + "' is there and nobody added it");
      } else {
        superset(oracle + ": to QEMU", truth, bitmap.bits(), found, wrong);
      }
    }
    if (oracle.equals("C")) {
      return;
    }
    lived(stored, found, wrong);
    for (Known truth : known.values()) {
      if (!truth.mayBeGone && !names.contains(truth.name)) {
        wrong.add(oracle + ": bitmap '" + truth.name + "' is not in the image");
      }
    }
  }

  /** What was written after the opening is known to bitmaps that worked then. */
  private static void lived(List<Qcow2View.Bitmap> stored, Observed found, List<String> wrong) {
    for (Qcow2View.Bitmap bitmap : stored) {
      Observed.Seen seen = found.seen.get(bitmap.name());
      if (seen == null || seen.inconsistent()) {
        continue;
      }
      if (bitmap.inUse()) {
        wrong.add("G: bitmap '" + bitmap.name() + "' stays IN_USE after a close");
        continue;
      }
      for (int sector : found.lived.keySet()) {
        int granule = (int) (sector * (long) Pages.SECTOR / bitmap.granularity());
        if (seen.enabled() && !bitmap.bits().get(granule)) {
          wrong.add(
              "G: granule %d of '%s' is clean after a write of the second life"
                  .formatted(granule, bitmap.name()));
        }
      }
    }
  }

  private void own(Observed found, List<String> wrong) {
    for (Known truth : known.values()) {
      Observed.Seen seen = found.seen.get(truth.name);
      if (seen == null) {
        if (!truth.mayBeGone) {
          wrong.add("D: bitmap '" + truth.name + "' is gone");
        }
      } else if (seen.inconsistent()) {
        if (strict) {
          wrong.add("D: bitmap '" + truth.name + "' is lost: " + seen.reason());
        } else if (seen.reason() == null || seen.reason().isBlank()) {
          wrong.add("D: bitmap '" + truth.name + "' is inconsistent without a reason");
        }
      } else {
        superset("D: to Ashlar", truth, seen.dirty(), found, wrong);
        if (seen.enabled() ? !truth.mayBeEnabled : !truth.mayBeDisabled) {
          wrong.add("D: bitmap '" + truth.name + "' has become enabled=" + seen.enabled());
        }
      }
    }
    found.seen.forEach(
        (name, seen) -> {
          if (!known.containsKey(name)) {
            wrong.add("D: bitmap '" + name + "' is there and nobody added it");
          }
        });
  }

  private void superset(
      String oracle, Known truth, BitSet dirty, Observed found, List<String> wrong) {
    for (Map.Entry<Integer, Long> entry : found.values.entrySet()) {
      int granule = (int) (entry.getKey() * (long) Pages.SECTOR / truth.granularity);
      if (!dirty.get(granule) && truth.requires(guest, entry.getKey(), entry.getValue())) {
        wrong.add(
            "%s granule %d of '%s' is clean, but sector %d holds %x"
                .formatted(oracle, granule, truth.name, entry.getKey(), entry.getValue()));
        return;
      }
    }
  }
}
