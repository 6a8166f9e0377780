package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.MemoryFileIo;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Which flushes of a node reach its file: those that may find something there. */
final class FileFlushTest {
  private static final Path PATH = Path.of("/images/disk");

  private final MemoryFileIo files = new MemoryFileIo().put(PATH, new byte[65_536]);

  private static final Map<String, Consumer<BlockNode>> CHANGES =
      Map.of(
          "write", node -> node.write(0, ByteBuffer.allocate(512), IoFlags.NONE),
          "write-zeroes", node -> node.writeZeroes(0, 4096, IoFlags.NONE),
          "unmap", node -> node.writeZeroes(0, 4096, IoFlags.MAY_UNMAP),
          "discard", node -> node.discard(0, 4096, IoFlags.NONE),
          "truncate", node -> node.truncate(131_072, Preallocation.OFF));

  private static final Map<String, Operation> OPERATIONS =
      Map.of(
          "write", Operation.WRITE,
          "write-zeroes", Operation.WRITE_ZEROES,
          "unmap", Operation.DISCARD,
          "discard", Operation.DISCARD,
          "truncate", Operation.TRUNCATE);

  private BlockNode open() {
    return TestHost.create()
        .fileIo(files)
        .permissions(Held.WRITER)
        .nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true))
        .open(new FileDriver(), Map.of("filename", PATH.toString()));
  }

  private boolean reaches(BlockNode node) {
    files.faults().failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    boolean reached = false;
    try {
      node.flush();
    } catch (BlockException e) {
      reached = true;
    }
    files.faults().clear();
    return reached;
  }

  @Test
  void everyChangeIsFlushedOnce() {
    CHANGES.forEach(
        (name, change) -> {
          try (BlockNode node = open()) {
            assertThat(reaches(node)).as("the first one").isTrue();
            node.flush();
            assertThat(reaches(node)).as("nothing was changed").isFalse();
            node.read(0, ByteBuffer.allocate(512), IoFlags.NONE);
            assertThat(reaches(node)).as("a read").isFalse();
            change.accept(node);
            assertThat(reaches(node)).as(name).isTrue();
            assertThat(reaches(node)).as(name + ", after a failure").isTrue();
            node.flush();
            assertThat(reaches(node)).as(name + ", after a good one").isFalse();
          }
        });
  }

  /** A part of it may have been done. */
  @Test
  void aChangeThatFailedIsFlushed() {
    CHANGES.forEach(
        (name, change) -> {
          try (BlockNode node = open()) {
            node.flush();
            files.faults().failOnce(OPERATIONS.get(name), 1, ErrorCode.IO_ERROR);
            Held.refused(ErrorCode.IO_ERROR, () -> change.accept(node));
            files.faults().clear();
            assertThat(reaches(node)).as(name).isTrue();
          }
        });
  }
}
