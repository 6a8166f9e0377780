package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A file that was cut and written again, and what a crash may leave of it. */
final class CutsTest {
  private static final Path FILE = Path.of("/disk/file");
  private static final long OLD = 7;
  private static final long NEW = 8;

  private final Timeline timeline = new Timeline();
  private final Disk disk = new Disk(timeline, () -> 0);
  private final Crash crash;

  CutsTest() {
    Pages content = new Pages();
    content.write(0, sectors(OLD, 2), 0, 2 * Pages.SECTOR);
    content.setLength(2 * Pages.SECTOR);
    disk.put(FILE, 1, content, 0);
    crash = new Crash(disk, timeline);
    timeline.start();
  }

  private static byte[] sectors(long value, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Pages.SECTOR);
    while (bytes.hasRemaining()) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  /** Cuts the second sector, and flushes; then writes it again, and makes the file longer. */
  private void cutAndWrite(boolean flushFails, boolean flushed) {
    try (OpenFile file = disk.open(FILE, FileIo.Access.READ_WRITE);
        FileHandle data = file.data(FileIo.Access.READ_WRITE, false)) {
      data.setLength(Pages.SECTOR);
      if (flushFails) {
        disk.hook(CutsTest::failFlushes);
        assertThatThrownBy(data::flush).hasMessage("lost");
        disk.hook(Disk.Hook.NONE);
      }
      data.write(Pages.SECTOR, ByteBuffer.wrap(sectors(NEW, 1)));
      if (flushed) {
        data.flush();
      }
      data.setLength(4 * Pages.SECTOR);
    }
    crash.moveTo(timeline.now());
  }

  private static void failFlushes(Operation operation, Path path) {
    if (operation == Operation.FLUSH) {
      throw new BlockException(ErrorCode.IO_ERROR, "lost");
    }
  }

  private long second(Choice choice) {
    Pages content = crash.state(choice, new Timeline(), () -> 0, 0).content(FILE);
    return GuestTruth.value(content.bytes(Pages.SECTOR, Pages.SECTOR));
  }

  @Test
  void whatIsDurableStays_whateverComesOfTheCutBeforeIt() {
    cutAndWrite(true, true);
    assertThat(crash.pending()).as("the cut, and the new length").hasSize(2);
    for (int kept = 0; kept < 4; kept++) {
      assertThat(second(Choice.mask(kept))).as("kept %d", kept).isEqualTo(NEW);
    }
  }

  /** A new length that is kept brings the cut before it, but nothing is cut that came later. */
  @Test
  void aCutComesBeforeWhatWasWrittenAfterIt() {
    cutAndWrite(false, false);
    assertThat(crash.pending()).as("cut, data, its length, length").hasSize(4);
    assertThat(second(Choice.mask(0b0000))).isEqualTo(OLD);
    assertThat(second(Choice.mask(0b1000))).isEqualTo(0);
    assertThat(second(Choice.mask(0b1010))).isEqualTo(NEW);
    assertThat(second(Choice.mask(0b1111))).isEqualTo(NEW);
  }
}
