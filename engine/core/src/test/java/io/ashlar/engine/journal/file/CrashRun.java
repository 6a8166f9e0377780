package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.contract.MemoryFileIo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * One life of a journal over a disk that loses power at every single operation in turn, and what
 * whoever opens the rest must find: everything acknowledged, and of the append under way all or
 * nothing.
 */
final class CrashRun {
  private static final int RANDOM_STATES = 6;

  private final JournalRules rules;
  private final RandomGenerator random;
  private final List<String> violations = new ArrayList<>();

  /** What may be found: what was acknowledged, or the same with what is under way. */
  private List<String> before;

  private List<String> after;

  CrashRun(JournalRules rules, long seed) {
    this.rules = rules;
    this.random = new SplittableRandom(seed);
  }

  /** What was found wrong; empty for good rules. */
  List<String> violations() {
    int last = Integer.MAX_VALUE;
    for (int loss = 0; loss < last; loss++) {
      CrashDisk disk = new CrashDisk().loseAt(loss);
      before = null;
      after = List.of();
      try {
        life(disk);
        last = loss;
      } catch (CrashDisk.PowerLoss | BlockException e) {
        // The journal wraps the loss, as it does with every failure.
      }
      check(disk, "loss at " + loss, 1);
    }
    return violations;
  }

  private void life(CrashDisk disk) {
    Journal journal = Rig.create(disk, rules);
    before = List.of();
    append(journal, List.of("one"));
    append(journal, List.of("two", "three"));
    append(journal, List.of(Rig.longText("long", 1800)));
    append(journal, List.of("four"));
    compact(journal, "four");
    append(journal, List.of("five"));
    journal.suspend();
    journal.resume();
    append(journal, List.of("rested"));
    journal.suspend();
    journal.close();
    journal = Rig.open(disk, new ArrayList<>(), rules);
    append(journal, List.of(Rig.longText("longer", 5000)));
    append(journal, List.of("six"));
    compact(journal, "longer");
    journal.close();
  }

  private void append(Journal journal, List<String> texts) {
    after = new ArrayList<>(before);
    after.addAll(texts);
    journal.append(Rig.texts(texts));
    before = after;
  }

  /** Drops what begins with a text. Both forms are right until the next append. */
  private void compact(Journal journal, String dropped) {
    after = before.stream().filter(text -> !text.startsWith(dropped)).toList();
    journal.compact(record -> record.type() != Rig.TEXT || !Rig.text(record).startsWith(dropped));
    before = after;
  }

  private void check(CrashDisk disk, String when, int depth) {
    for (int i = 0; i < 2 + RANDOM_STATES; i++) {
      CrashDisk.Luck luck =
          i == 0
              ? CrashDisk.Luck.NOTHING_KEPT
              : i == 1 ? CrashDisk.Luck.ALL_KEPT : CrashDisk.Luck.RANDOM;
      Map<Path, byte[]> left = disk.after(luck, random);
      check(left, "%s, state %d".formatted(when, i));
      if (depth > 0 && left.containsKey(PATH)) {
        checkLossDuringOpen(left, when, depth);
      }
    }
  }

  private void check(Map<Path, byte[]> left, String when) {
    if (!left.containsKey(PATH)) {
      if (before != null) {
        violations.add(when + ": the file is gone");
      }
      return;
    }
    MemoryFileIo files = CrashDisk.files(left);
    List<String> found = new ArrayList<>();
    try (Journal journal = Rig.open(files, found, rules)) {
      if (!found.equals(before) && !found.equals(after)) {
        violations.add(when + ": found " + found + " instead of " + before + " or " + after);
        return;
      }
      journal.append(Rig.text("second life"));
    } catch (JournalDamagedException e) {
      violations.add(when + ": " + e.getMessage());
      return;
    }
    found.add("second life");
    List<String> again = new ArrayList<>();
    Rig.open(files, again, rules).close();
    if (!again.equals(found)) {
      violations.add(when + ": the second life ended with " + again);
    }
  }

  private void checkLossDuringOpen(Map<Path, byte[]> left, String when, int depth) {
    CrashDisk whole = new CrashDisk(left);
    try {
      Rig.open(whole, new ArrayList<>(), rules);
    } catch (JournalDamagedException e) {
      return; // was told already
    }
    CrashDisk disk = new CrashDisk(left).loseAt(random.nextInt(whole.operations()));
    try {
      Rig.open(disk, new ArrayList<>(), rules);
    } catch (CrashDisk.PowerLoss | BlockException e) {
      check(disk, when + ", again while opening", depth - 1);
    }
  }
}
