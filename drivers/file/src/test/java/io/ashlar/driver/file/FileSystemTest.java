package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File systems and devices of other kinds than the one the other tests run on. */
final class FileSystemTest {
  @TempDir Path directory;

  @Test
  void aFullFileSystemReachesTheWriterAndIsForgottenWhenThereIsSpace() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("small"));
    Commands.privileged("mount", "-t", "tmpfs", "-o", "size=1m", "none", mount.toString());
    try {
      Path filler = Files.write(mount.resolve("filler"), new byte[600_000]);
      Path path = Files.write(mount.resolve("disk"), new byte[1000]);
      try (BlockNode node = Held.open(Held.host(false), path)) {
        byte[] bytes = new byte[800_000];
        Arrays.fill(bytes, (byte) 3);
        assertThat(
                Held.refused(
                        ErrorCode.NO_SPACE,
                        () -> node.write(500, ByteBuffer.wrap(bytes), IoFlags.NONE))
                    .getMessage())
            .contains(path.toString());
        assertThat(node.length()).isEqualTo(Files.size(path));
        long before = node.length();
        Held.refused(
            ErrorCode.NO_SPACE, () -> node.truncate(before + 900_000, Preallocation.FALLOC));
        assertThat(node.length()).isEqualTo(before).isEqualTo(Files.size(path));
        Held.refused(ErrorCode.NO_SPACE, () -> create(mount.resolve("big"), "falloc"));
        Held.refused(ErrorCode.NO_SPACE, () -> create(mount.resolve("big"), "full"));
        assertThat(mount.resolve("big")).doesNotExist();
        Files.delete(filler);
        node.write(500, ByteBuffer.wrap(bytes), IoFlags.FUA);
        node.writeZeroes(1000, 5000, IoFlags.NO_FALLBACK);
        byte[] found = Files.readAllBytes(path);
        assertThat(found).hasSize(800_500);
        assertThat(found[999]).isEqualTo((byte) 3);
        assertThat(found[5999]).isZero();
        assertThat(found[6000]).isEqualTo((byte) 3);
      }
    } finally {
      Commands.run("umount", mount.toString());
    }
  }

  private static void create(Path path, String preallocation) {
    TestHost.create()
        .fileIo(new LinuxFileIo())
        .create(
            new FileDriver(),
            Map.of("filename", path.toString(), "size", 4L << 20, "preallocation", preallocation));
  }

  @Test
  void aReadOnlyFileSystemIsOpenedForReadingAlone() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("readonly"));
    Commands.privileged("mount", "-t", "tmpfs", "none", mount.toString());
    try {
      Path path = Files.write(mount.resolve("disk"), new byte[100]);
      Commands.privileged("mount", "-o", "remount,ro", mount.toString());
      assertThat(
              Held.refused(ErrorCode.ACCESS_DENIED, () -> Held.open(Held.host(false), path).close())
                  .getMessage())
          .contains(path.toString(), "read-only=true");
      assertThat(Held.bytes(path)).as("locks left by the refusal").isEmpty();
      try (BlockNode node = Held.open(Held.host(true), path)) {
        assertThat(node.length()).isEqualTo(100);
      }
    } finally {
      Commands.run("umount", mount.toString());
    }
  }

  @Test
  void otherKindsOfFilesAreRefusedByName() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(Commands.run("mkfifo", fifo.toString()).status()).isZero();
    for (Path path : List.of(fifo, directory, Path.of("/dev/null"))) {
      assertThat(
              Held.refused(
                  ErrorCode.INVALID_OPTION, () -> Held.open(Held.host(true), path).close()))
          .hasMessage("'file' driver requires '" + path + "' to be a regular file");
    }
    Path absent = directory.resolve("absent");
    assertThat(
            Held.refused(
                ErrorCode.FILE_NOT_FOUND, () -> Held.open(Held.host(true), absent).close()))
        .hasMessage("Could not open '" + absent + "': No such file or directory");
  }

  @Test
  void blockDevicesAreServedInEveryCacheMode() throws Exception {
    int size = 4 << 20;
    Path backing = Files.write(directory.resolve("backing"), new byte[size]);
    String device = Commands.privileged("losetup", "-f", "--show", backing.toString());
    try {
      for (CacheMode mode : List.of(CacheMode.WRITEBACK, CacheMode.WRITETHROUGH, CacheMode.NONE)) {
        TestHost host = Held.host(false);
        host.nodeOptions(NodeOptions.DEFAULTS.withCache(mode).withDiscardUnmap(true));
        try (BlockNode node = Held.open(host, Path.of(device))) {
          useDevice(node, size);
        }
      }
    } finally {
      Commands.run("losetup", "-d", device);
    }
  }

  private static void useDevice(BlockNode node, int size) {
    assertThat(node.length()).isEqualTo(size);
    assertThat(node.traits().growsOnWrite()).isFalse();
    byte[] model = new byte[size];
    Arrays.fill(model, (byte) 5);
    node.write(0, ByteBuffer.wrap(model), IoFlags.NONE);
    node.write(777, ByteBuffer.wrap(new byte[9000]), IoFlags.NONE);
    Arrays.fill(model, 777, 9777, (byte) 0);
    node.writeZeroes(100_001, 300_000, IoFlags.MAY_UNMAP);
    Arrays.fill(model, 100_001, 400_001, (byte) 0);
    node.writeZeroes(1 << 20, 8192, IoFlags.NO_FALLBACK);
    Arrays.fill(model, 1 << 20, (1 << 20) + 8192, (byte) 0);
    node.writeZeroes(size - 100, 100, IoFlags.FUA);
    Arrays.fill(model, size - 100, size, (byte) 0);
    ByteBuffer found = ByteBuffer.allocate(size);
    node.read(0, found, IoFlags.NONE);
    assertThat(Arrays.mismatch(found.array(), model)).isEqualTo(-1);
    node.discard(2 << 20, 65_536, IoFlags.NONE);
    node.flush();
    BlockStatus status = node.status(0, size);
    assertThat(status.data()).isTrue();
    assertThat(status.length()).isEqualTo(size);
    Held.refused(ErrorCode.NOT_SUPPORTED, () -> node.truncate(size + 512L, Preallocation.OFF));
    Held.refused(
        ErrorCode.INVALID_REQUEST,
        () -> node.write(size - 1L, ByteBuffer.wrap(new byte[2]), IoFlags.NONE));
  }
}
