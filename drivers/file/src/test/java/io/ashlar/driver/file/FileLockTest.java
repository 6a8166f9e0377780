package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.TestReopen;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileLockTest {
  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void makeFile() throws IOException {
    path = Files.write(directory.resolve("disk"), new byte[8192]);
  }

  @Test
  void holdsTheBytesOfItsPermissionsUntilClosed() {
    try (BlockNode node = Held.open(Held.host(false), path)) {
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      assertThat(node.length()).isEqualTo(8192);
    }
    assertThat(Held.bytes(path)).isEmpty();
    try (BlockNode node = Held.open(Held.host(true), path)) {
      assertThat(Held.bytes(path)).containsExactly(100, 201, 203);
      assertThat(node.length()).isEqualTo(8192);
    }
  }

  @Test
  void readersShareAndWritersDoNot() {
    try (BlockNode one = Held.open(Held.host(true), path);
        BlockNode two = Held.open(Held.host(true), path)) {
      assertThat(one.length()).isEqualTo(two.length());
      assertThat(refusal(false))
          .contains("Failed to get \"write\" lock", path.toString(), "uses consistent read")
          .contains("refuses others write, resize", "force-share=true");
    }
    try (BlockNode writer = Held.open(Held.host(false), path)) {
      assertThat(refusal(true)).contains("Failed to get shared \"write\" lock", path.toString());
      assertThat(refusal(false)).contains("Failed to get \"write\" lock");
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      assertThat(writer.length()).isEqualTo(8192);
    }
  }

  private String refusal(boolean readOnly) {
    return Held.refused(ErrorCode.FILE_LOCKED, () -> Held.open(Held.host(readOnly), path).close())
        .getMessage();
  }

  @Test
  void forceShareReadsBesideAWriterAndFollowsItsGrowth() {
    NodeOptions shared =
        new NodeOptions(
            true, NodeOptions.DEFAULTS.cache(), false, NodeOptions.DEFAULTS.detectZeroes(), true);
    try (BlockNode writer = Held.open(Held.host(false), path);
        BlockNode reader = Held.open(Held.host(true).nodeOptions(shared), path)) {
      writer.write(9000, ByteBuffer.wrap(new byte[] {7}), IoFlags.NONE);
      assertThat(reader.length()).isEqualTo(9001);
    }
    Held.refused(
        ErrorCode.INVALID_OPTION,
        () -> Held.open(Held.host(true).nodeOptions(shared.withReadOnly(false)), path).close());
  }

  @Test
  void lockingOffLocksNothing() {
    Map<String, String> options = Map.of("filename", path.toString(), "locking", "off");
    try (BlockNode writer = Held.open(Held.host(false), path);
        BlockNode other = Held.host(false).open(new FileDriver(), options)) {
      assertThat(other.length()).isEqualTo(writer.length());
    }
    try (BlockNode alone = Held.host(false).open(new FileDriver(), options)) {
      assertThat(Held.bytes(path)).isEmpty();
      assertThat(alone.length()).isEqualTo(8192);
    }
  }

  @Test
  void foreignOpenAndCloseOfTheFileKeepsTheLock() throws IOException {
    try (BlockNode node = Held.open(Held.host(false), path)) {
      try (FileChannel foreign = FileChannel.open(path, StandardOpenOption.WRITE)) {
        foreign.write(ByteBuffer.wrap(new byte[] {1}), 0);
      }
      assertThat(Files.readAllBytes(path)).hasSize(8192);
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      assertThat(node.length()).isEqualTo(8192);
    }
  }

  @Test
  void aReopenHoldsBothLocksUntilTheDecision() throws IOException {
    TestHost host = Held.host(true);
    try (BlockNode node = Held.open(host, path)) {
      // Neither of these changes which file it is.
      Files.move(path, directory.resolve("renamed"));
      path = directory.resolve("renamed");
      TestReopen refused = toWriter(host, node);
      ReopenStep staged = refused.prepare(ReopenPass.UP);
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      staged.staged().write(0, ByteBuffer.wrap(new byte[] {5}), IoFlags.NONE);
      refused.abort();
      assertThat(Held.bytes(path)).containsExactly(100, 201, 203);
      Held.refused(ErrorCode.READ_ONLY, () -> node.write(0, ByteBuffer.allocate(1), IoFlags.NONE));
      assertThat(Files.readAllBytes(path)[0]).isEqualTo((byte) 5);

      toWriterAndBack(host, node);
    }
    assertThat(Held.bytes(path)).isEmpty();
  }

  private void toWriterAndBack(TestHost host, BlockNode node) {
    TestReopen up = toWriter(host, node);
    up.prepare(ReopenPass.UP);
    up.commit();
    assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
    node.write(1, ByteBuffer.wrap(new byte[] {6}), IoFlags.NONE);
    TestReopen down = options(host.reopen(new FileDriver(), node)).readOnly(true);
    down.permissions(Held.READER).prepare(ReopenPass.DOWN);
    down.prepare(ReopenPass.UP);
    assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
    down.commit();
    assertThat(Held.bytes(path)).containsExactly(100, 201, 203);
    ByteBuffer found = ByteBuffer.allocate(2);
    node.read(0, found, IoFlags.NONE);
    assertThat(found.array()).containsExactly(5, 6);
  }

  private TestReopen toWriter(TestHost host, BlockNode node) {
    return options(host.reopen(new FileDriver(), node)).readOnly(false).permissions(Held.WRITER);
  }

  private TestReopen options(TestReopen reopen) {
    return reopen.options(Map.of("filename", directory.resolve("disk").toString()));
  }

  @Test
  void aReopenThatConflictsLeavesTheOldLocks() {
    TestHost host = Held.host(true);
    try (BlockNode node = Held.open(host, path)) {
      try (BlockNode other = Held.open(Held.host(true), path)) {
        TestReopen up = toWriter(host, node);
        Held.refused(ErrorCode.FILE_LOCKED, () -> up.prepare(ReopenPass.UP));
        assertThat(Held.bytes(path)).containsExactly(100, 201, 203);
        assertThat(other.length()).isEqualTo(node.length());
      }
      assertThat(Held.bytes(path)).as("this node's own").containsExactly(100, 201, 203);
    }
  }

  @Test
  void anotherClassLoaderIsRefusedToo() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    try (BlockNode node = Held.open(Held.host(false), path);
        URLClassLoader other =
            new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      var held = other.loadClass(OtherLoader.class.getName());
      assertThat(held).isNotSameAs(OtherLoader.class);
      Object code = held.getMethod("openForWriting", String.class).invoke(null, path.toString());
      assertThat(code).isEqualTo("FILE_LOCKED");
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      assertThat(node.length()).isEqualTo(8192);
    } catch (InvocationTargetException e) {
      throw new AssertionError(e.getCause());
    }
  }

  @Test
  void creationIsRefusedForAFileThatIsThere() throws IOException {
    TestHost host = TestHost.create().fileIo(new LinuxFileIo());
    Files.write(path, new byte[] {1, 2, 3});
    Map<String, ?> options = Map.of("filename", path.toString(), "size", 10L);
    Held.refused(ErrorCode.FILE_EXISTS, () -> host.create(new FileDriver(), options));
    assertThat(Files.readAllBytes(path)).containsExactly(1, 2, 3);
    for (String preallocation : List.of("off", "falloc", "full")) {
      Path made = directory.resolve(preallocation);
      host.create(
          new FileDriver(),
          Map.of("filename", made.toString(), "size", 123_456L, "preallocation", preallocation));
      assertThat(made).hasSize(123_456);
      assertThat(allocated(made) >= 123_456).isEqualTo(!preallocation.equals("off"));
      assertThat(Held.bytes(made)).isEmpty();
    }
  }

  private static long allocated(Path made) {
    try (var file = new LinuxFileIo().open(made, FileIo.Access.READ_ONLY)) {
      return file.stat().allocated();
    }
  }
}
