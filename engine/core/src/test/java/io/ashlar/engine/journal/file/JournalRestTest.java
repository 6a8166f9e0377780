package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;
import static io.ashlar.engine.journal.file.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.MemoryFileIo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** Journals whose file is let go and taken up again, with and without others in between. */
final class JournalRestTest {
  private final MemoryFileIo files = new MemoryFileIo();

  private Journal rested(FileIo disk, JournalRules rules) {
    Journal journal = Rig.create(disk, rules);
    journal.append(text("one"));
    journal.append(text(Rig.longText("long", 1300)));
    journal.append(text("two"));
    journal.suspend();
    return journal;
  }

  @Test
  void itGoesOnBehindItsLastRecordInTheSameEpoch() {
    Journal journal = Rig.create(files);
    for (int i = 1; i <= 20; i++) {
      long lsn = journal.append(text("record " + i));
      assertThat(lsn).isEqualTo(1 + i);
      if (i == 10) {
        journal.compact(record -> true);
      }
      journal.suspend();
      assertThat(journal.isOpen()).isFalse();
      assertThat(journal.resume()).isTrue();
      assertThat(journal.isOpen()).isTrue();
    }
    assertThat(journal.epoch()).isEqualTo(1);
    journal.close();
    List<String> found = new ArrayList<>();
    Rig.open(files, found).close();
    assertThat(found).hasSize(20).startsWith("record 1").endsWith("record 20");
    List<Integer> openings = new ArrayList<>();
    JournalReader.read(
        files,
        PATH,
        record -> {
          if (record.type() == RecordTypes.OPENED) {
            openings.add(record.type());
          }
        });
    assertThat(openings).as("this one's and the last").hasSize(2);
  }

  @Test
  void whileItRestsTheFileIsEverybodysAndNothingIsTaken() {
    Journal journal = rested(files, JournalRules.STANDARD);
    assertThat(fails(() -> journal.append(text("late")))).isEqualTo(ErrorCode.CLOSED);
    assertThat(fails(() -> journal.read(record -> {}))).isEqualTo(ErrorCode.CLOSED);
    assertThat(fails(() -> journal.compact(record -> true))).isEqualTo(ErrorCode.CLOSED);
    assertThat(fails(journal::suspend)).isEqualTo(ErrorCode.CLOSED);
    byte[] bytes = files.get(PATH);
    try (OpenFile other = files.open(PATH, FileIo.Access.READ_WRITE)) {
      assertThat(other.setLock(0, 1, OpenFile.LockType.WRITE)).as("no lock").isTrue();
      assertThat(fails(journal::resume)).isEqualTo(ErrorCode.FILE_LOCKED);
    }
    assertThat(journal.resume()).as("the failure was of the moment").isTrue();
    assertThat(files.get(PATH)).isEqualTo(bytes);
    journal.append(text("three"));
    journal.suspend();
    journal.close();
    journal.close();
    assertThat(fails(journal::resume)).isEqualTo(ErrorCode.CLOSED);
    assertThat(Rig.read(files)).hasSize(4).endsWith("three");
    Rig.open(files, new ArrayList<>()).close();
  }

  @Test
  void aFailedJournalDoesNotRest() {
    Journal journal = Rig.create(files);
    files.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    assertThat(fails(() -> journal.append(text("unknown")))).isEqualTo(ErrorCode.IO_ERROR);
    assertThat(fails(journal::suspend)).isEqualTo(ErrorCode.IO_ERROR);
    journal.close();
    Rig.open(files, new ArrayList<>()).close();
  }

  /** What others may do to a file meanwhile. */
  private static Map<String, BiConsumer<FileIo, byte[]>> touches() {
    return Map.of(
        "another engine opened it",
        (disk, bytes) -> Rig.open(disk, new ArrayList<>()).close(),
        "another engine wrote it",
        (disk, bytes) -> {
          try (Journal other = Rig.open(disk, new ArrayList<>())) {
            other.append(text("theirs"));
          }
        },
        "another engine wrote it anew",
        (disk, bytes) -> {
          try (Journal other = Rig.open(disk, new ArrayList<>())) {
            other.compact(record -> true);
          }
        },
        "another engine wrote it and did not end",
        (disk, bytes) -> {
          Journal other = Rig.open(disk, new ArrayList<>());
          other.append(text("theirs"));
          other.suspend();
        },
        "another journal is in its place",
        (disk, bytes) -> {
          disk.delete(PATH);
          try (Journal other = Rig.create(disk)) {
            other.append(text("theirs"));
          }
        },
        "it is cut",
        (disk, bytes) -> {
          disk.delete(PATH);
          write(disk, Arrays.copyOf(bytes, Layout.HEADER + 512));
        });
  }

  private static void write(FileIo disk, byte[] bytes) {
    try (OpenFile file = disk.create(PATH);
        FileHandle handle = file.data(FileIo.Access.READ_WRITE, false)) {
      handle.write(0, ByteBuffer.wrap(bytes));
    }
  }

  @Test
  void whateverOthersDidIsNoticed() {
    touches()
        .forEach(
            (name, touch) -> {
              MemoryFileIo memory = new MemoryFileIo();
              Journal journal = rested(memory, JournalRules.STANDARD);
              touch.accept(memory, memory.get(PATH));
              byte[] bytes = memory.get(PATH);
              assertThat(journal.resume()).as(name).isFalse();
              assertThat(journal.isOpen()).isFalse();
              journal.close();
              assertThat(memory.get(PATH)).as(name).isEqualTo(bytes);

              // On a disk whose files have no numbers and no times.
              CrashDisk disk = new CrashDisk();
              Journal blind = rested(disk, JournalRules.STANDARD);
              touch.accept(disk, memory.get(PATH));
              assertThat(blind.resume()).as(name).isFalse();
              blind.close();
            });
  }

  @Test
  void aDeletedFileIsNoticed() {
    Journal journal = rested(files, JournalRules.STANDARD);
    files.delete(PATH);
    assertThat(fails(journal::resume)).isEqualTo(ErrorCode.FILE_NOT_FOUND);
    journal.close();
  }

  @Test
  void aByteAnywhereShowsInTheTimesOfTheFile() {
    Journal journal = rested(files, JournalRules.STANDARD);
    change(files, Layout.HEADER + 700);
    assertThat(journal.resume()).isFalse();
    change(files, Layout.HEADER + 700);
    assertThat(journal.resume()).as("changed back, but who knows").isFalse();
    journal.close();
  }

  /** Times move in steps; a file whose times stand still is known by its ends. */
  @Test
  void aByteOfTheHeaderTheLastFrameOrTheMarkShowsWithoutThem() {
    CrashDisk disk = new CrashDisk();
    Journal journal = rested(disk, JournalRules.STANDARD);
    long tail = journal.statistics().used();
    for (long at = 0; at < tail + 64; at += at == Layout.HEADER ? tail - 512 - at : 1) {
      if (at == Layout.HEADER) {
        continue;
      }
      change(disk, at);
      assertThat(journal.resume()).as("byte " + at).isFalse();
      change(disk, at);
    }
    assertThat(journal.resume()).isTrue();
    journal.close();
  }

  private static void change(FileIo disk, long at) {
    try (OpenFile file = disk.open(PATH, FileIo.Access.READ_WRITE);
        FileHandle handle = file.data(FileIo.Access.READ_WRITE, false)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      handle.read(at, one);
      one.put(0, (byte) (one.get(0) ^ 0x10)).clear();
      handle.write(at, one);
    }
  }

  @Test
  void aBrokenRuleLosesSomething() {
    Journal journal = rested(files, BrokenRules.GOES_ON_REGARDLESS);
    touches().get("another engine wrote it").accept(files, new byte[0]);
    assertThat(Rig.read(files)).contains("theirs");
    assertThat(journal.resume()).isTrue();
    journal.append(text("ours"));
    journal.close();
    List<String> found = new ArrayList<>();
    JournalDamagedException damaged =
        catchThrowableOfType(JournalDamagedException.class, () -> Rig.open(files, found).close());
    assertThat(damaged != null || !found.contains("theirs")).isTrue();
  }

  private static ErrorCode fails(Runnable action) {
    return catchThrowableOfType(BlockException.class, action::run).code();
  }
}
