package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo.Access;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.OpenFile.LockType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class MemoryFileIoTest {
  private final MemoryFileIo files = new MemoryFileIo();
  private final Path path = Path.of("disk.img");

  @Test
  void locksActBetweenOpensAndNotWithinOne() {
    files.put(path, new byte[10]);
    OpenFile first = files.open(path, Access.READ_WRITE);
    OpenFile second = files.open(path, Access.READ_ONLY);
    assertThat(first.setLock(100, 10, LockType.READ)).isTrue();
    assertThat(second.setLock(105, 1, LockType.READ)).isTrue();
    assertThat(first.setLock(105, 1, LockType.WRITE)).isFalse();
    assertThat(first.setLock(100, 5, LockType.WRITE)).isTrue();
    assertThat(second.couldLock(104, 1, LockType.READ)).isFalse();
    assertThat(second.couldLock(109, 1, LockType.READ)).isTrue();
    assertThat(first.setLock(102, 1, LockType.NONE)).isTrue();
    assertThat(second.couldLock(102, 1, LockType.WRITE)).isTrue();
    assertThat(second.couldLock(101, 1, LockType.WRITE)).isFalse();
    assertThat(second.couldLock(103, 1, LockType.WRITE)).isFalse();
    FileHandle data = first.data(Access.READ_WRITE, false);
    data.close();
    assertThat(second.couldLock(101, 1, LockType.WRITE)).isFalse();
    first.close();
    assertThat(second.couldLock(100, 10, LockType.WRITE)).isTrue();
  }

  @Test
  void namesComeAndGoWhileFilesStay() {
    OpenFile made = files.create(path);
    ContractBase.expect(ErrorCode.FILE_EXISTS, () -> files.create(path));
    FileHandle data = made.data(Access.READ_WRITE, false);
    data.write(3, ByteBuffer.wrap(new byte[] {1, 2}));
    Path other = Path.of("other.img");
    files.put(other, new byte[] {9});
    OpenFile replaced = files.open(other, Access.READ_ONLY);
    files.rename(path, other);
    assertThat(files.exists(path)).isFalse();
    assertThat(files.get(other)).containsExactly(0, 0, 0, 1, 2);
    assertThat(replaced.stat().size()).isEqualTo(1);
    assertThat(files.delete(other)).isTrue();
    assertThat(files.delete(other)).isFalse();
    assertThat(data.length()).isEqualTo(5);
    ContractBase.expect(ErrorCode.FILE_NOT_FOUND, () -> files.open(other, Access.READ_ONLY));
  }

  @Test
  void dataAndHoles() {
    files.put(path, new byte[4096 * 4]);
    OpenFile file = files.open(path, Access.READ_WRITE);
    FileHandle data = file.data(Access.READ_WRITE, false);
    data.punchHole(4096, 8192);
    assertThat(data.nextHole(0)).isEqualTo(4096);
    assertThat(data.nextData(5000)).isEqualTo(12_288);
    assertThat(data.nextHole(13_000)).isEqualTo(16_384);
    data.setLength(20_000);
    assertThat(data.nextData(16_384)).isEqualTo(-1);
    ByteBuffer target = ByteBuffer.allocate(100);
    assertThat(data.read(19_990, target)).isEqualTo(10);
    assertThat(data.read(20_000, target)).isZero();
    data.zeroRange(19_000, 2000);
    assertThat(data.length()).isEqualTo(21_000);
    assertThat(file.stat().allocated()).isEqualTo(4096 * 4);
  }

  @Test
  void refusals() {
    files.put(path, new byte[512]);
    OpenFile file = files.open(path, Access.READ_WRITE);
    FileHandle direct = file.data(Access.READ_WRITE, true);
    ContractBase.expect(ErrorCode.IO_ERROR, () -> direct.read(1, ByteBuffer.allocate(512)));
    files.capacity(path, 1024);
    direct.write(512, ByteBuffer.allocate(512));
    ContractBase.expect(ErrorCode.NO_SPACE, () -> direct.write(1024, ByteBuffer.allocate(512)));
    FileHandle reader = file.data(Access.READ_ONLY, false);
    ContractBase.expect(ErrorCode.IO_ERROR, () -> reader.write(0, ByteBuffer.allocate(1)));
    files.protect(path, true);
    ContractBase.expect(ErrorCode.ACCESS_DENIED, () -> file.data(Access.READ_WRITE, false));
    ContractBase.expect(ErrorCode.ACCESS_DENIED, () -> files.open(path, Access.READ_WRITE));
    assertThat(files.get(path)).hasSize(1024);
  }
}
