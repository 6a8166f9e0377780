package io.ashlar.fileio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo.Access;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.OpenFile.LockType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LinuxFileIoTest {
  @TempDir Path directory;
  private final LinuxFileIo files = new LinuxFileIo();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsBackWhatWasWritten(boolean directBuffer) throws IOException {
    byte[] content = new byte[(3 << 20) + 17];
    new Random(7).nextBytes(content);
    Path path = directory.resolve("f");
    try (OpenFile file = files.create(path);
        FileHandle data = file.data(Access.READ_WRITE, false)) {
      ByteBuffer source = buffer(content.length, directBuffer).put(content).flip();
      data.write(5, source);
      assertThat(source.hasRemaining()).isFalse();
      ByteBuffer target = buffer(content.length + 100, directBuffer);
      assertThat(data.read(5, target)).isEqualTo(content.length);
      assertThat(target.position()).isEqualTo(content.length);
      assertThat(data.length()).isEqualTo(content.length + 5);
      data.flush();
    }
    byte[] onDisk = Files.readAllBytes(path);
    assertThat(onDisk).hasSize(content.length + 5).endsWith(content);
  }

  @Test
  void createPrivate_isForTheOwnerAlone() throws IOException {
    Path path = directory.resolve("secret");
    files.createPrivate(path).close();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    expect(ErrorCode.FILE_EXISTS, () -> files.createPrivate(path).close()).contains("secret");
  }

  @Test
  void readsAndWritesFromTheMiddleOfBuffers() {
    try (OpenFile file = files.create(directory.resolve("f"));
        FileHandle data = file.data(Access.READ_WRITE, false)) {
      for (boolean direct : new boolean[] {false, true}) {
        ByteBuffer source = buffer(8, direct).put(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        data.write(0, source.position(2).limit(5));
        ByteBuffer target = buffer(8, direct).position(3).limit(6);
        assertThat(data.read(0, target)).isEqualTo(3);
        assertThat(target.get(3)).isEqualTo((byte) 3);
        assertThat(target.get(5)).isEqualTo((byte) 5);
        assertThat(target.clear().get(6)).isZero();
      }
    }
  }

  @Test
  void tellsWhatFstatTells() throws IOException {
    Path path = Files.write(directory.resolve("f"), new byte[10_000]);
    Files.setLastModifiedTime(
        path, FileTime.from(1_600_000_000_123_456_789L, TimeUnit.NANOSECONDS));
    try (OpenFile file = files.open(path, Access.READ_ONLY)) {
      OpenFile.Stat stat = file.stat();
      assertThat(stat.kind()).isEqualTo(OpenFile.Kind.REGULAR);
      assertThat(stat.size()).isEqualTo(10_000);
      assertThat(stat.allocated()).isBetween(10_000L, 20_000L);
      assertThat(stat.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
      assertThat(stat.modifiedNanos()).isEqualTo(1_600_000_000_123_456_789L);
      assertThat(stat.changedNanos())
          .isEqualTo(((FileTime) Files.getAttribute(path, "unix:ctime")).to(TimeUnit.NANOSECONDS));
    }
    try (OpenFile file = files.open(directory, Access.READ_ONLY)) {
      assertThat(file.stat().kind()).isEqualTo(OpenFile.Kind.OTHER);
    }
  }

  @Test
  void punchesZeroesAllocatesAndFindsHoles() {
    int block = 65536;
    try (OpenFile file = files.create(directory.resolve("f"));
        FileHandle data = file.data(Access.READ_WRITE, false)) {
      assertThat(data.nextData(0)).isEqualTo(-1);
      data.write(0, filled(4 * block, 1));
      assertThat(data.nextHole(0)).isEqualTo(4L * block);
      assertThat(data.punchHole(block, block)).isTrue();
      assertThat(data.nextHole(0)).isEqualTo(block);
      assertThat(data.nextData(block)).isEqualTo(2L * block);
      assertThat(byteAt(data, block + 5)).isZero();
      assertThat(data.punchHole(3L * block, 9L * block)).isTrue();
      assertThat(data.length()).isEqualTo(4L * block);
      assertThat(data.zeroRange(2L * block, 4L * block)).isTrue();
      assertThat(byteAt(data, 2L * block)).isZero();
      assertThat(data.length()).isEqualTo(6L * block);
      assertThat(data.allocate(0, 8L * block)).isTrue();
      assertThat(data.length()).isEqualTo(8L * block);
      assertThat(byteAt(data, 0)).isEqualTo((byte) 1);
      assertThat(file.stat().allocated()).isGreaterThanOrEqualTo(8L * block);
      data.setLength(3);
      assertThat(data.length()).isEqualTo(3);
    }
  }

  @Test
  void directDescriptorWantsAlignment() {
    try (OpenFile file = files.create(directory.resolve("f"))) {
      try (FileHandle data = file.data(Access.READ_WRITE, true)) {
        assertThat(data.alignment()).isIn(512, 4096);
        data.write(0, filled(8192, 9));
        ByteBuffer aligned = ByteBuffer.allocateDirect(8192).alignedSlice(4096).limit(4096);
        assertThat(data.read(4096, aligned)).isEqualTo(4096);
        assertThat(aligned.get(0)).isEqualTo((byte) 9);
        expect(ErrorCode.IO_ERROR, () -> data.write(3, filled(10, 1)));
      }
      try (FileHandle data = file.data(Access.READ_WRITE, false)) {
        assertThat(data.alignment()).isEqualTo(1);
      }
    }
  }

  @Test
  void namesTheFileAndTheCodeOfEachRefusal() throws IOException {
    Path path = Files.write(directory.resolve("taken"), new byte[1]);
    expect(ErrorCode.FILE_EXISTS, () -> files.create(path).close()).contains("taken");
    Path absent = directory.resolve("absent");
    expect(ErrorCode.FILE_NOT_FOUND, () -> files.open(absent, Access.READ_ONLY).close())
        .contains("'" + absent + "'");
    expect(ErrorCode.IO_ERROR, () -> files.open(directory, Access.READ_WRITE).close())
        .contains("Is a directory");
    try (OpenFile file = files.open(path, Access.READ_ONLY);
        FileHandle data = file.data(Access.READ_ONLY, false)) {
      expect(ErrorCode.IO_ERROR, () -> data.write(0, filled(1, 1))).contains("taken");
    }
  }

  @Test
  void reopensAfterRenameAndUnlink() throws IOException {
    Path path = Files.write(directory.resolve("f"), new byte[] {1, 2, 3});
    try (OpenFile file = files.open(path, Access.READ_ONLY)) {
      files.rename(path, directory.resolve("g"));
      Files.write(path, new byte[] {9, 9, 9});
      try (FileHandle data = file.data(Access.READ_WRITE, false)) {
        assertThat(byteAt(data, 0)).isEqualTo((byte) 1);
      }
      assertThat(files.delete(directory.resolve("g"))).isTrue();
      assertThat(files.delete(directory.resolve("g"))).isFalse();
      try (FileHandle data = file.data(Access.READ_WRITE, false)) {
        data.write(0, filled(1, 7));
        assertThat(byteAt(data, 0)).isEqualTo((byte) 7);
      }
      assertThat(Files.readAllBytes(path)).startsWith(9);
    }
    files.syncDirectory(directory);
    assertThat(files.exists(path)).isTrue();
    assertThat(files.exists(directory.resolve("g"))).isFalse();
  }

  @Test
  void locksExcludeOtherOpenFilesAndSurviveForeignCloses() throws IOException {
    Path path = Files.write(directory.resolve("f"), new byte[1]);
    try (OpenFile one = files.open(path, Access.READ_ONLY)) {
      excludeAndRelease(one, path);
      assertThat(one.couldLock(101, 1, LockType.WRITE)).isTrue();
    }
  }

  private void excludeAndRelease(OpenFile one, Path path) throws IOException {
    try (OpenFile two = files.open(path, Access.READ_WRITE)) {
      assertThat(one.setLock(101, 1, LockType.READ)).isTrue();
      assertThat(two.couldLock(101, 1, LockType.WRITE)).isFalse();
      assertThat(two.couldLock(101, 1, LockType.READ)).isTrue();
      assertThat(two.couldLock(100, 1, LockType.WRITE)).isTrue();
      assertThat(one.couldLock(101, 1, LockType.WRITE)).isTrue();
      try (FileChannel foreign = FileChannel.open(path, StandardOpenOption.WRITE)) {
        assertThat(foreign.size()).isEqualTo(1);
      }
      one.data(Access.READ_WRITE, false).close();
      assertThat(two.setLock(101, 1, LockType.WRITE)).isFalse();
      assertThat(one.setLock(101, 1, LockType.NONE)).isTrue();
      assertThat(two.setLock(101, 1, LockType.WRITE)).isTrue();
      assertThat(one.couldLock(101, 1, LockType.WRITE)).isFalse();
    }
  }

  @Test
  void closedThingsSaySo() {
    OpenFile file = files.create(directory.resolve("f"));
    FileHandle data = file.data(Access.READ_WRITE, false);
    data.close();
    data.close();
    expect(ErrorCode.CLOSED, () -> data.read(0, ByteBuffer.allocate(1)));
    expect(ErrorCode.CLOSED, data::flush);
    file.close();
    file.close();
    expect(ErrorCode.CLOSED, file::stat);
  }

  @Test
  void aFifoIsOpenedWithoutWaiting() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    try (OpenFile file = files.open(fifo, Access.READ_ONLY)) {
      assertThat(file.stat().kind()).isEqualTo(OpenFile.Kind.OTHER);
    }
  }

  private static byte byteAt(FileHandle data, long offset) {
    ByteBuffer one = ByteBuffer.allocate(1);
    assertThat(data.read(offset, one)).isEqualTo(1);
    return one.get(0);
  }

  private static ByteBuffer buffer(int size, boolean direct) {
    return direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
  }

  private static ByteBuffer filled(int size, int value) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  private static AbstractStringAssert<?> expect(ErrorCode code, ThrowingCallable call) {
    BlockException e = catchThrowableOfType(BlockException.class, call);
    assertThat(e).isNotNull();
    assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
    return assertThat(e.getMessage());
  }
}
