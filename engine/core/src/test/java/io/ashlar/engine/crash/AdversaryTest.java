package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What somebody does to image and journal between a crash and the next opening: what changed the
 * disk behind the journal's back is noticed, and the image stays usable whatever was done.
 */
final class AdversaryTest {
  private static final Path JOURNAL =
      Machine.IMAGE.resolveSibling(Machine.IMAGE.getFileName() + ".ashlar-journal");
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
  private static final long AUTOCLEAR = 88;
  private static final long FENCE_BIT = 1L << 40;

  /** Moves after which nobody may believe the journal. */
  enum Move {
    JOURNAL_DELETED,
    JOURNAL_EMPTIED,
    JOURNAL_CUT,
    JOURNAL_FLIPPED,
    JOURNAL_OF_ANOTHER,
    JOURNAL_FROM_BEFORE,
    JOURNAL_FROM_BEFORE_A_HEAT,
    IMAGE_FROM_BEFORE_A_CLEAR,
    IMAGE_COPIED_LATER,
    IMAGE_OVERWRITTEN_LATER,
    FENCE_BIT_CLEARED
  }

  /** An overlay of the image is committed into it. */
  private static final List<String> COMMITTED = List.of("qemu-img", "commit", "-q", "FILE.over");

  private final Machine machine = new Machine();
  private final Reopening reopening = new Reopening(machine);

  /** A crash behind an answered write, with everything kept. */
  private static Workload workload() {
    return Workload.of(
        5,
        List.of(Op.OVERWRITE, Op.FLUSH, Op.CLEAR, Op.WRITE_NEW, Op.FLUSH, Op.SUB_CLUSTER, Op.FLUSH),
        false);
  }

  private static Timeline.Moment last(Run run, String what) {
    Timeline.Moment found = null;
    for (Timeline.Moment moment : run.timeline().moments()) {
      found = moment.what().startsWith(what) ? moment : found;
    }
    assertThat(found).as(what).isNotNull();
    return found;
  }

  private Disk at(Run run, Timeline.Moment moment) {
    Crash crash = run.crash();
    crash.moveTo(moment.at());
    return crash.state(
        Choice.all(crash.pending().size()),
        new Timeline(),
        machine::wallNanos,
        1_700_000_000_000_000_000L + moment.nanos());
  }

  private Observed look(Run run, Disk disk, long nanos) {
    return reopening.look(disk, run.guest().sectors(), new Reopening.Plan(3, nanos, true, false));
  }

  @Test
  void withoutAnyMoveEverythingIsRecovered() {
    Run run = Run.of(machine, workload());
    Timeline.Moment end = last(run, "end");
    Observed found = look(run, at(run, end), end.nanos() + MINUTE);
    assertThat(found.complaints).isEmpty();
    assertThat(found.seen).hasSize(2);
    assertThat(found.seen.values()).noneMatch(Observed.Seen::inconsistent);
    Judge judge = new Judge(run, true);
    judge.at(end.at());
    assertThat(judge.complaints(found)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void isNoticed(Move move) {
    Run run = Run.of(machine, workload());
    Disk before = at(run, last(run, "CLEAR"));
    Disk colder = at(run, last(run, "answered CLEAR"));
    Timeline.Moment end = last(run, "end");
    Disk disk = at(run, end);
    play(move, disk, before, colder);
    Observed found = look(run, disk, end.nanos() + 2 * MINUTE);
    assertThat(found.complaints).isEmpty();
    assertThat(found.seen).containsKeys("b0", "b1");
    found.seen.forEach(
        (name, seen) -> {
          assertThat(seen.inconsistent()).as(move + " " + name).isTrue();
          assertThat(seen.reason()).as(move + " " + name).isNotBlank();
        });
  }

  private void play(Move move, Disk disk, Disk before, Disk colder) {
    Inode image = disk.names().get(Machine.IMAGE);
    Inode journal = disk.names().get(JOURNAL);
    switch (move) {
      case JOURNAL_DELETED -> disk.names().remove(JOURNAL);
      case JOURNAL_EMPTIED -> journal.now.setLength(0);
      case JOURNAL_CUT -> journal.now.setLength(4096 + 3 * Pages.SECTOR);
      case JOURNAL_FLIPPED -> flip(journal.now, 4096 + 4 * Pages.SECTOR + 70);
      case JOURNAL_OF_ANOTHER -> journal.now = journalOfAnother();
      case JOURNAL_FROM_BEFORE -> journal.now = journalFromBefore();
      case JOURNAL_FROM_BEFORE_A_HEAT -> journal.now = colder.content(JOURNAL).fork();
      case IMAGE_FROM_BEFORE_A_CLEAR -> image.now = before.content(Machine.IMAGE).fork();
      case IMAGE_COPIED_LATER -> image.changedNanos += MINUTE;
      case IMAGE_OVERWRITTEN_LATER -> {
        byte[] rubbish = new byte[Pages.SECTOR];
        rubbish[7] = 1;
        image.now.write(lastData(image.now), rubbish, 0, rubbish.length);
        image.changedNanos += MINUTE;
      }
      case FENCE_BIT_CLEARED -> {
        byte[] word = image.now.bytes(AUTOCLEAR, 8);
        word[2] &= (byte) ~(FENCE_BIT >>> 40);
        image.now.write(AUTOCLEAR, word, 0, word.length);
      }
    }
  }

  private static void flip(Pages pages, long offset) {
    byte[] one = pages.bytes(offset, 1);
    one[0] ^= 4;
    pages.write(offset, one, 0, 1);
  }

  private static long lastData(Pages image) {
    return image.length() / Run.CLUSTER * Run.CLUSTER - Run.CLUSTER;
  }

  private Pages journalOfAnother() {
    Run other = Run.of(machine, Workload.of(17, List.of(Op.OVERWRITE), false));
    return at(other, last(other, "end")).content(JOURNAL).fork();
  }

  /** As it was when the image was not open. */
  private Pages journalFromBefore() {
    Run same = Run.of(machine, workload());
    return at(same, same.timeline().moments().get(0)).content(JOURNAL).fork();
  }

  /** The last two frames are heats that came after the last flush of the image. */
  private static Workload unflushed() {
    return Workload.of(
        5, List.of(Op.OVERWRITE, Op.FLUSH, Op.CLEAR, Op.WRITE_NEW, Op.SUB_CLUSTER), false);
  }

  private static boolean isCommit(Pages journal, long offset) {
    ByteBuffer head = ByteBuffer.wrap(journal.bytes(offset, 8));
    return head.getInt() == 0x414a4652 && head.getShort() == 1;
  }

  /** Where the frame before the last one begins; both have one sector. */
  private static long heatBeforeTheLast(Pages journal) {
    long last = journal.length() / Pages.SECTOR * Pages.SECTOR;
    do {
      last -= Pages.SECTOR;
    } while (!isCommit(journal, last));
    assertThat(isCommit(journal, last - Pages.SECTOR)).isTrue();
    return last - Pages.SECTOR;
  }

  private void allRefused(Run run, Disk disk) {
    Observed found = look(run, disk, last(run, "end").nanos());
    assertThat(found.complaints).isEmpty();
    assertThat(found.seen).containsKeys("b0", "b1");
    assertThat(found.seen.values())
        .allSatisfy(
            seen -> {
              assertThat(seen.inconsistent()).isTrue();
              assertThat(seen.reason()).isNotBlank();
            });
  }

  @Test
  void aGapInTheJournalIsNoticed() {
    Run run = Run.of(machine, unflushed());
    Disk disk = at(run, last(run, "end"));
    Pages journal = disk.content(JOURNAL);
    journal.zero(heatBeforeTheLast(journal), Pages.SECTOR);
    allRefused(run, disk);
  }

  @Test
  void aFrameThatWasCutOutOfTheJournalIsNoticed() {
    Run run = Run.of(machine, unflushed());
    Disk disk = at(run, last(run, "end"));
    Pages journal = disk.content(JOURNAL);
    long gone = heatBeforeTheLast(journal);
    byte[] behind =
        journal.bytes(gone + Pages.SECTOR, (int) (journal.length() - gone - Pages.SECTOR));
    journal.write(gone, behind, 0, behind.length);
    allRefused(run, disk);
  }

  /**
   * Image and journal were copied, and the journal went on with the other copy. After one opening
   * it has more than what this copy needs; after two it is another one's.
   */
  @Test
  void aJournalThatWasUsedWithAnotherCopyIsNoticed() {
    Run run = Run.of(machine, workload());
    Timeline.Moment end = last(run, "end");
    Disk other = at(run, end);
    assertThat(look(run, other, end.nanos()).complaints).isEmpty();
    Disk disk = at(run, end);
    disk.names().get(JOURNAL).now = other.content(JOURNAL).fork();
    Judge judge = new Judge(run, true);
    judge.at(end.at());
    assertThat(judge.complaints(look(run, disk, end.nanos()))).isEmpty();
    assertThat(look(run, other, end.nanos()).complaints).isEmpty();
    disk = at(run, end);
    disk.names().get(JOURNAL).now = other.content(JOURNAL).fork();
    allRefused(run, disk);
  }

  /** Older content of the same nonce: what the journal has covers that as well. */
  @Test
  void anOlderImageFromAfterTheClearIsRecovered() {
    Run run = Run.of(machine, workload());
    Timeline.Moment end = last(run, "end");
    Disk disk = at(run, end);
    disk.names().get(Machine.IMAGE).now =
        at(run, last(run, "answered CLEAR")).content(Machine.IMAGE).fork();
    Observed found = look(run, disk, end.nanos());
    assertThat(found.seen.values()).hasSize(2).noneMatch(Observed.Seen::inconsistent);
    Judge judge = new Judge(run, true);
    judge.at(end.at());
    // Flushed content is gone, which is no matter of the journal's.
    assertThat(judge.complaints(found)).allMatch(wrong -> wrong.startsWith("B: "));
  }

  /** The hole that is known: whoever writes at once, and past qcow2, is not seen. */
  @Test
  void whatIsOverwrittenWithinTheLeaseIsMissed() {
    Run run = Run.of(machine, workload());
    Timeline.Moment end = last(run, "end");
    Disk disk = at(run, end);
    Inode image = disk.names().get(Machine.IMAGE);
    byte[] rubbish = new byte[Pages.SECTOR];
    rubbish[7] = 1;
    image.now.write(lastData(image.now), rubbish, 0, rubbish.length);
    image.changedNanos += TimeUnit.SECONDS.toNanos(15);
    Observed found = look(run, disk, end.nanos() + MINUTE);
    assertThat(found.seen.values()).hasSize(2).noneMatch(Observed.Seen::inconsistent);
  }

  @Test
  void aClockThatWasSetBackHarmsNobody() {
    Run run = Run.of(machine, workload());
    Timeline.Moment end = last(run, "end");
    Observed found = look(run, at(run, end), 0);
    Judge judge = new Judge(run, false);
    judge.at(end.at());
    assertThat(judge.complaints(found)).isEmpty();
  }

  @Test
  void qemuMayLookButNotWrite(@TempDir Path directory) throws Exception {
    Run run = Run.of(machine, workload());
    Timeline.Moment end = last(run, "end");
    for (Map.Entry<List<String>, Boolean> command :
        Map.of(
                List.of("qemu-img", "check", "FILE"),
                true,
                List.of("qemu-img", "info", "FILE"),
                true,
                List.of("qemu-io", "-r", "-c", "read 0 64k", "FILE"),
                true,
                List.of("qemu-io", "-c", "write -P 3 20k 4k", "FILE"),
                false,
                List.of("qemu-io", "-c", "write -P 3 3M 512", "FILE"),
                false,
                List.of("qemu-img", "resize", "-q", "FILE", "5M"),
                false,
                List.of("qemu-img", "check", "-q", "-r", "all", "FILE"),
                false,
                List.of("qemu-img", "bitmap", "--add", "FILE", "theirs"),
                false,
                COMMITTED,
                false)
            .entrySet()) {
      Disk disk = at(run, end);
      Inode image = disk.names().get(Machine.IMAGE);
      Path file = directory.resolve("image.qcow2");
      Files.write(file, image.now.all());
      if (command.getKey() == COMMITTED) {
        String over = file + ".over";
        run(List.of("qemu-img", "create", "-qfqcow2", "-Fqcow2", "-b" + file, over));
        run(List.of("qemu-io", "-c", "write -P 9 1M 4k", over));
      }
      String said =
          run(command.getKey().stream().map(a -> a.replace("FILE", file.toString())).toList());
      Pages after = new Pages();
      byte[] bytes = Files.readAllBytes(file);
      after.write(0, bytes, 0, bytes.length);
      after.growTo(bytes.length);
      image.now = after;
      Observed found = look(run, disk, end.nanos() + MINUTE);
      assertThat(found.complaints).as(command + said).isEmpty();
      found.seen.remove("theirs");
      assertThat(found.seen.values())
          .as(command + said)
          .hasSize(2)
          .allMatch(seen -> seen.inconsistent() != command.getValue());
    }
  }

  private static String run(List<String> command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return said;
    } catch (IOException e) {
      return Assumptions.abort(command.get(0) + " is not installed: " + e.getMessage());
    }
  }
}
