package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;
import static io.ashlar.engine.journal.file.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryFileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one user of a journal sees. */
final class JournalTest {
  private final MemoryFileIo files = new MemoryFileIo();

  @Test
  void recordsComeBackInOrderWithTheirNumbers() {
    try (Journal journal = Rig.create(files)) {
      assertThat(journal.epoch()).isEqualTo(1);
      assertThat(journal.append(text("one"))).isEqualTo(2); // the opening is record 1
      assertThat(journal.append(Rig.texts(List.of("two", "three")))).isEqualTo(4);
      assertThat(journal.append(List.of())).isEqualTo(4);
    }
    List<JournalRecord> found = new ArrayList<>();
    try (Journal journal =
        Journal.open(
            Rig.environment(files),
            PATH,
            new JournalExpectation(Rig.IDENTITY, 1, 4),
            Rig.SMALL,
            found::add)) {
      assertThat(journal.epoch()).isEqualTo(2);
      assertThat(journal.append(text("four"))).isEqualTo(6);
    }
    assertThat(found).extracting(JournalRecord::lsn).containsExactly(1L, 2L, 3L, 4L);
    assertThat(found).extracting(JournalRecord::type).containsExactly(1, 1000, 1000, 1000);
    assertThat(Rig.read(files)).containsExactly("one", "two", "three", "four");
  }

  @Test
  void theLargestAppendFitsAndALargerOneIsRefused() {
    int most = Layout.LONGEST_BODY - Layout.RECORD_HEADER;
    try (Journal journal = Rig.create(files)) {
      journal.append(new NewRecord(Rig.TEXT, ByteBuffer.allocate(most)));
      BlockException refused =
          fails(() -> journal.append(new NewRecord(Rig.TEXT, ByteBuffer.allocate(most + 1))));
      assertThat(refused.code()).isEqualTo(ErrorCode.LIMIT_EXCEEDED);
      journal.append(text("after"));
    }
    List<Integer> sizes = new ArrayList<>();
    JournalReader.read(files, PATH, record -> sizes.add(record.payload().remaining()));
    assertThat(sizes).containsExactly(8, most, 5);
  }

  @Test
  void aJournalIsNotBegunTwice() {
    Rig.create(files).close();
    assertThat(fails(() -> Rig.create(files)).code()).isEqualTo(ErrorCode.FILE_EXISTS);
  }

  @Test
  void aJournalIsOpenForWritingOnce() {
    try (Journal journal = Rig.create(files)) {
      assertThat(fails(() -> Rig.open(files, new ArrayList<>())).code())
          .isEqualTo(ErrorCode.FILE_LOCKED);
      journal.compact(record -> true);
      assertThat(fails(() -> Rig.open(files, new ArrayList<>())).code())
          .as("after a compaction")
          .isEqualTo(ErrorCode.FILE_LOCKED);
    }
    Rig.open(files, new ArrayList<>()).close();
  }

  @Test
  void aClosedJournalTakesNothing() {
    Journal journal = Rig.create(files);
    journal.close();
    journal.close();
    assertThat(fails(() -> journal.append(text("late"))).code()).isEqualTo(ErrorCode.CLOSED);
    assertThat(fails(() -> journal.read(record -> {})).code()).isEqualTo(ErrorCode.CLOSED);
    assertThat(fails(() -> journal.compact(record -> true)).code()).isEqualTo(ErrorCode.CLOSED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"WRITE", "FLUSH"})
  void theFirstFailureIsTheEndUntilTheFileIsOpenedAgain(Operation operation) {
    Journal journal = Rig.create(files);
    journal.append(text("good"));
    files.faults().failOnce(operation, 1, ErrorCode.IO_ERROR);
    BlockException first = fails(() -> journal.append(text("unknown")));
    assertThat(first.code()).isEqualTo(ErrorCode.IO_ERROR);
    assertThat(first).hasMessageContaining("may or may not").hasMessageContaining("injected");
    BlockException second = fails(() -> journal.append(text("later")));
    assertThat(second.code()).isEqualTo(ErrorCode.IO_ERROR);
    assertThat(second).hasMessage(first.getMessage());
    assertThat(journal.failure()).isPresent();
    assertThat(fails(() -> journal.compact(record -> true)).code()).isEqualTo(ErrorCode.IO_ERROR);
    journal.close();

    List<String> found = new ArrayList<>();
    try (Journal again = Rig.open(files, found)) {
      again.append(text("afterwards"));
    }
    assertThat(found).first().isEqualTo("good");
    assertThat(found).doesNotContain("later");
    assertThat(Rig.read(files)).hasSize(found.size() + 1).endsWith("afterwards");
  }

  @Test
  void aFullDiskUnderARecordIsNotARefusal() {
    Journal journal = Rig.create(files);
    files.faults().failOnce(Operation.WRITE, 1, ErrorCode.NO_SPACE);
    // NO_SPACE would promise that nothing was written.
    assertThat(fails(() -> journal.append(text("unknown"))).code()).isEqualTo(ErrorCode.IO_ERROR);
    assertThat(journal.failure()).isPresent();
    journal.close();
  }

  @Test
  void whatACrashedCompactionLeftIsRemoved() {
    Rig.create(files).close();
    files.put(Replacement.aside(PATH), new byte[1000]);
    Rig.open(files, new ArrayList<>()).close();
    assertThat(files.exists(Replacement.aside(PATH))).isFalse();
  }

  @Test
  void aMarkThatCannotBeWrittenIsAFailureToo() {
    Journal journal = Rig.create(files);
    files.faults().failOnce(Operation.WRITE, 2, ErrorCode.IO_ERROR);
    fails(() -> journal.append(text("durable, but nobody may hear of it")));
    assertThat(journal.failure()).isPresent();
    journal.close();
    assertThat(Rig.read(files)).hasSize(1);
  }

  @Test
  void afterAFailedFlushTheLastRecordsAreWrittenAgain() {
    Journal journal = Rig.create(files);
    long end = journal.statistics().used();
    files.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    fails(() -> journal.append(text("in memory, perhaps not on disk")));
    journal.close();
    List<Long> writes = new ArrayList<>();
    files
        .faults()
        .hook(
            (operation, offset, length) -> {
              if (operation == Operation.WRITE) {
                writes.add(offset);
              } else if (operation == Operation.FLUSH) {
                writes.add(-1L);
              }
            });
    Rig.open(files, new ArrayList<>()).close();
    // The frame again, a flush, and only then the frame of the new epoch behind it.
    assertThat(writes).startsWith(end, -1L, end + Layout.SECTOR);
  }

  @Test
  void aFullDiskRefusesWholeAppendsAndTheJournalGoesOn() {
    Journal journal = Rig.create(files);
    files.capacity(PATH, journal.statistics().length());
    List<String> expected = new ArrayList<>();
    BlockException full = null;
    for (int i = 0; full == null; i++) {
      String added = "record " + i;
      try {
        journal.append(text(added));
        expected.add(added);
      } catch (BlockException e) {
        full = e;
      }
    }
    assertThat(full.code()).isEqualTo(ErrorCode.NO_SPACE);
    assertThat(full).hasMessageContaining("cannot grow").hasMessageContaining("disk.qcow2");
    assertThat(expected).hasSizeGreaterThan(5);
    assertThat(journal.failure()).isEmpty();
    files.capacity(PATH, Long.MAX_VALUE);
    journal.append(text("with space again"));
    expected.add("with space again");
    assertThat(journal.statistics().failedGrowths()).isPositive();
    journal.close();
    assertThat(Rig.read(files)).isEqualTo(expected);
  }

  @Test
  void theReserveIsUsedWhenTheDiskIsFull() {
    JournalSettings reserving = new JournalSettings(8192, 64 << 10);
    Journal journal = Journal.create(Rig.environment(files), PATH, Rig.IDENTITY, reserving);
    journal.append(text("grows at once"));
    files.capacity(PATH, journal.statistics().length());
    for (int i = 0; i < 100; i++) {
      journal.append(text("record " + i));
    }
    assertThat(journal.statistics().failedGrowths()).isBetween(2L, 20L);
    journal.close();
    assertThat(Rig.read(files)).hasSize(101);
  }

  @Test
  void aCompactionKeepsWhatIsWantedWithItsNumber() {
    try (Journal journal = Rig.create(files)) {
      journal.append(Rig.texts(List.of("a", "old b", "c", "old d")));
      List<String> seen = new ArrayList<>();
      long before = journal.lastLsn();
      journal.compact(
          new Retention() {
            @Override
            public void sees(JournalRecord record) {
              Rig.collect(seen).visit(record);
            }

            @Override
            public boolean keeps(JournalRecord record) {
              assertThat(seen).hasSize(4); // everything was seen first
              return record.type() == Rig.TEXT && !text(record).startsWith("old");
            }
          });
      assertThat(journal.lastLsn()).isEqualTo(before);
      assertThat(journal.statistics().compactions()).isEqualTo(1);
      journal.append(text("e"));
      List<JournalRecord> records = new ArrayList<>();
      journal.read(records::add);
      assertThat(records).extracting(JournalRecord::lsn).containsExactly(2L, 4L, 6L);
    }
    assertThat(files.exists(Replacement.aside(PATH))).isFalse();
    assertThat(Rig.read(files)).containsExactly("a", "c", "e");
    try (Journal journal = Rig.open(files, new ArrayList<>())) {
      journal.compact(record -> false);
      journal.compact(record -> false);
      assertThat(journal.append(text("alone"))).isEqualTo(8);
    }
    assertThat(Rig.read(files)).containsExactly("alone");
  }

  @Test
  void aCompactionWithoutSpaceChangesNothing() {
    try (Journal journal = Rig.create(files)) {
      journal.append(text("kept"));
      files.faults().failFrom(Operation.WRITE, 1, ErrorCode.NO_SPACE);
      assertThat(fails(() -> journal.compact(record -> false)).code())
          .isEqualTo(ErrorCode.NO_SPACE);
      files.faults().clear();
      assertThat(journal.failure()).isEmpty();
      assertThat(files.exists(Replacement.aside(PATH))).isFalse();
      journal.append(text("goes on"));
    }
    assertThat(Rig.read(files)).containsExactly("kept", "goes on");
  }

  @Test
  void theFileBelongsToItsOwnerAlone(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("disk.qcow2.ashlar-journal");
    LinuxFileIo real = new LinuxFileIo();
    try (Journal journal =
        Journal.create(Rig.environment(real), path, Rig.IDENTITY, JournalSettings.STANDARD)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
      journal.append(text("one"));
      journal.compact(record -> true);
      journal.append(text("two"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
    }
    List<String> found = new ArrayList<>();
    JournalReader.Summary summary = JournalReader.read(real, path, Rig.collect(found));
    assertThat(found).containsExactly("one", "two");
    assertThat(summary.identity()).isEqualTo(Rig.IDENTITY);
    assertThat(summary.unfinished()).isFalse();
    assertThat(summary.lastLsn()).isEqualTo(3);
    try (var left = Files.list(directory)) {
      assertThat(left).containsExactly(path);
    }
  }

  private static BlockException fails(Runnable action) {
    BlockException failure = catchThrowableOfType(BlockException.class, action::run);
    assertThat(failure).isNotNull();
    return failure;
  }
}
