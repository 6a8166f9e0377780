package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;
import static io.ashlar.engine.journal.file.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.MemoryFileIo;
import io.ashlar.spi.contract.VirtualTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Callers, appends that nobody waits for, compactions, readers and a close, in orders that a seed
 * picks at every lock and every access to the file: nobody waits for ever, everybody is answered
 * once, and what was acknowledged is there.
 */
final class CommitOrderTest {
  private static final long FIRST = Long.getLong("ashlar.seed", 0);
  private static final int SEEDS =
      Long.getLong("ashlar.seed") != null ? 1 : Boolean.getBoolean("ashlar.long") ? 20_000 : 250;

  @Test
  void everyOrderAnswersEverybody() {
    int failed = 0;
    int shared = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      Run run = new Run(seed);
      run.go();
      assertThat(run.wrong).as("with -Dashlar.seed=%d", seed).isEmpty();
      failed += run.broken ? 1 : 0;
      shared += run.largest > 1 ? 1 : 0;
    }
    if (SEEDS > 1) { // or the test looks at little
      assertThat(failed).isBetween(SEEDS / 10, SEEDS * 9 / 10);
      assertThat(shared).isGreaterThan(SEEDS / 2);
    }
  }

  /** One order. One thread runs at a time, so plain fields are enough. */
  private static final class Run {
    private final VirtualTime time;
    private final SplittableRandom random;
    private final MemoryFileIo files = new MemoryFileIo();
    private final List<Waits.WaitThread> threads = new ArrayList<>();
    private final Map<Long, String> acknowledged = new HashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final Journal journal;
    private int unheard;
    private boolean broken;
    private long largest;

    Run(long seed) {
      this.time = new VirtualTime(seed);
      this.random = new SplittableRandom(seed);
      files.faults().hook((operation, offset, length) -> time.pause());
      journal =
          Journal.create(
              new JournalEnvironment(files, time, time, task -> time.start("pool", task)),
              PATH,
              Rig.IDENTITY,
              Rig.SMALL);
    }

    void go() {
      if (random.nextInt(3) == 0) {
        Operation operation = random.nextBoolean() ? Operation.WRITE : Operation.FLUSH;
        files.faults().failOnce(operation, 1 + random.nextInt(20), ErrorCode.IO_ERROR);
      }
      for (int i = 0; i < 4; i++) {
        int caller = i;
        start(() -> append(caller + ":"));
      }
      start(this::appendUnwaited);
      start(() -> journal.compact(record -> true));
      start(() -> journal.read(record -> {}));
      if (random.nextInt(4) == 0) {
        start(journal::close);
      }
      for (Waits.WaitThread thread : List.copyOf(threads)) {
        if (!thread.join(TimeUnit.HOURS.toNanos(1))) {
          wrong.add("a thread never ended");
        }
      }
      time.sleep(TimeUnit.HOURS.toNanos(1)); // the pool has nothing more to do
      broken = journal.failure().isPresent();
      largest = journal.statistics().largestCommit();
      files.faults().clear();
      journal.close();
      check();
    }

    private void start(Runnable body) {
      threads.add(
          time.start(
              "caller",
              () -> {
                try {
                  body.run();
                } catch (BlockException e) {
                  if (e.code() != ErrorCode.CLOSED && e.code() != ErrorCode.IO_ERROR) {
                    wrong.add("failed with " + e);
                  }
                } catch (RuntimeException | AssertionError e) {
                  wrong.add(e.toString());
                }
              }));
    }

    private void append(String name) {
      for (int i = 0; i < 4; i++) {
        String added = name + i;
        acknowledge(journal.append(text(added)), added);
      }
    }

    private void appendUnwaited() {
      for (int i = 0; i < 6; i++) {
        String added = "unwaited:" + i;
        journal.append(List.of(text(added)), new Heard(added));
        unheard++;
      }
    }

    private void acknowledge(long lsn, String added) {
      String other = acknowledged.put(lsn, added);
      if (other != null) {
        wrong.add("%s and %s have the number %d".formatted(other, added, lsn));
      }
    }

    private final class Heard implements AppendListener {
      private final String added;
      private boolean answered;

      Heard(String added) {
        this.added = added;
      }

      @Override
      public void durable(long lastLsn) {
        answer();
        acknowledge(lastLsn, added);
      }

      @Override
      public void failed(BlockException failure) {
        answer();
      }

      private void answer() {
        if (answered) {
          wrong.add(added + " was answered twice");
        }
        answered = true;
        unheard--;
      }
    }

    private void check() {
      if (unheard != 0) {
        wrong.add(unheard + " appends were never answered");
      }
      Map<Long, String> found = new HashMap<>();
      JournalReader.read(files, PATH, record -> found.put(record.lsn(), textOf(record)));
      acknowledged.forEach(
          (lsn, added) -> {
            if (!added.equals(found.get(lsn))) {
              wrong.add("%s is not record %d".formatted(added, lsn));
            }
          });
      long unacknowledged =
          found.values().stream()
              .filter(added -> !added.isEmpty() && !acknowledged.containsValue(added))
              .count();
      if (unacknowledged > 0 && !broken) {
        wrong.add(unacknowledged + " records that nobody heard of");
      }
    }

    private static String textOf(JournalRecord record) {
      return record.type() == Rig.TEXT ? text(record) : "";
    }
  }
}
