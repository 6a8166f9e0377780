package io.ashlar.engine.option;

import io.ashlar.spi.Texts;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Guesses what somebody meant by a name that does not exist. */
public final class Names {
  /** How many names a message lists at most. */
  private static final int LISTED = 40;

  private Names() {}

  /**
   * The known name that is nearest to a given one by the number of single-letter changes; nothing
   * when all are far away (more than a third of the letters, and more than one).
   */
  public static Optional<String> nearest(String given, Collection<String> known) {
    String wanted = simple(given);
    String best = null;
    int bestDistance = Math.max(1, wanted.length() / 3) + 1;
    for (String name : known) {
      int distance = distance(wanted, simple(name), bestDistance);
      if (distance < bestDistance) {
        best = name;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * The end of a message about an unknown name: the nearest known one, or else all of them; starts
   * with a semicolon.
   */
  public static String hint(String given, Collection<String> known) {
    Optional<String> nearest = nearest(given, known);
    if (nearest.isPresent()) {
      return "; did you mean '" + Texts.printable(nearest.get()) + "'?";
    }
    return known.isEmpty() ? "; there are none" : "; there are: " + list(known);
  }

  /** Names in a row, cut where there are very many. */
  public static String list(Collection<String> names) {
    StringBuilder row = new StringBuilder();
    int count = 0;
    for (String name : names) {
      if (count == LISTED) {
        return row.append(" and ").append(names.size() - LISTED).append(" more").toString();
      }
      row.append(count == 0 ? "" : ", ").append(Texts.printable(name));
      count++;
    }
    return row.toString();
  }

  private static String simple(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Changes, insertions, deletions and swaps of neighbours; {@code limit} when there are more. */
  private static int distance(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) >= limit) {
      return limit;
    }
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      int[] free = before;
      before = last;
      last = row;
      row = free;
    }
    return Math.min(last[b.length()], limit);
  }
}
