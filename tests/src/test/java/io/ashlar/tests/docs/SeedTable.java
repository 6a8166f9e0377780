package io.ashlar.tests.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The page {@code docs/seed-table.md}.
 *
 * @param rows the rows of its tables, in order
 * @param open how many cells it says are open
 */
record SeedTable(List<Row> rows, int open) {
  /** A cell without a test, or without a mutant. */
  static final String OPEN = "open";

  private static final Pattern ROW = Pattern.compile("\\| ([SHI][0-9]+) \\|(.*)\\|");
  private static final Pattern STATED = Pattern.compile("(?m)^Open: ([0-9]+)$");
  private static final Pattern NAME = Pattern.compile("`([^`]+)`");

  /** One row. */
  record Row(String id, String rule, String tests, String mutant) {
    /** What stands between backquotes in a cell. */
    static List<String> names(String cell) {
      return NAME.matcher(cell).results().map(match -> match.group(1)).toList();
    }

    long openCells() {
      return Stream.of(tests, mutant).filter(OPEN::equals).count();
    }
  }

  /** Reads the page. */
  static SeedTable parse(String page) {
    List<Row> rows = new ArrayList<>();
    for (String line : page.lines().toList()) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        String[] cells = row.group(2).split("\\|", -1);
        if (cells.length != 3) {
          throw new AssertionError("not four cells: " + line);
        }
        rows.add(new Row(row.group(1), cells[0].strip(), cells[1].strip(), cells[2].strip()));
      }
    }
    Matcher stated = STATED.matcher(page);
    if (!stated.find()) {
      throw new AssertionError("the page does not say how many cells are open");
    }
    return new SeedTable(List.copyOf(rows), Integer.parseInt(stated.group(1)));
  }
}
