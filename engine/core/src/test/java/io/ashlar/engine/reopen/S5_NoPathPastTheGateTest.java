package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.reopen.DriverFaults.Call;
import io.ashlar.engine.reopen.DriverFaults.Fault;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Row S5: write, zeroes, discard, compressed write, resize, job target: none reaches a sealed
 * bitmap unarmed; the answer is an error, never an assertion, never silence. There is no
 * copy-range: a copy is a read and a write.
 */
class S5_NoPathPastTheGateTest {
  private static final int CLUSTER = 65536;

  @TempDir Path dir;

  /** Everything that changes what a guest reads. */
  @SuppressWarnings("ImmutableEnumChecker") // Lambdas that keep nothing.
  enum ChangingPath {
    WRITE(nodes -> guest(nodes, device -> device.write(0, bytes()))),
    WRITE_WITH_FUA(nodes -> guest(nodes, device -> device.write(0, bytes(), IoFlags.FUA))),
    COMPRESSED_WRITE(
        nodes -> guest(nodes, device -> device.write(CLUSTER, bytes(), IoFlags.COMPRESSED))),
    ZEROES(nodes -> guest(nodes, device -> device.writeZeroes(0, CLUSTER, IoFlags.NONE))),
    ZEROES_THAT_UNMAP(
        nodes -> guest(nodes, device -> device.writeZeroes(0, CLUSTER, IoFlags.MAY_UNMAP))),
    DISCARD(nodes -> guest(nodes, device -> device.discard(0, CLUSTER))),
    GROW(nodes -> resize(nodes, 16)),
    SHRINK(nodes -> resize(nodes, 4)),
    JOB_TARGET(
        nodes ->
            nodes
                .engine
                .jobs()
                .backup(BackupRequest.full("filter-c", "disk-a"))
                .await()
                .result()
                .await());

    private final Consumer<EightNodes> change;

    ChangingPath(Consumer<EightNodes> change) {
      this.change = change;
    }
  }

  private static ByteBuffer bytes() {
    ByteBuffer bytes = ByteBuffer.allocate(CLUSTER);
    while (bytes.hasRemaining()) {
      bytes.put((byte) 9);
    }
    return bytes.flip();
  }

  private static void guest(EightNodes nodes, Consumer<BlockDevice> request) {
    try (BlockDevice device =
        nodes.engine.graph().attach("disk-a", DeviceSettings.writer("guest")).await()) {
      request.accept(device);
    }
  }

  private static void resize(EightNodes nodes, int mebibytes) {
    nodes.engine.graph().resize("disk-a", mebibytes * EightNodes.MIB, Preallocation.OFF).await();
  }

  private static byte[] content(EightNodes nodes) {
    try (BlockDevice device =
        nodes.engine.graph().attach("disk-a", DeviceSettings.reader("reader")).await()) {
      ByteBuffer all = ByteBuffer.allocate((int) device.length());
      device.read(0, all);
      return all.array();
    }
  }

  /** A node that is writable and sealed: what a change that was given up leaves behind. */
  private static void seal(EightNodes nodes) {
    nodes.faults.choose(new Call("filter-c", "prepareReopen UP", 1), Fault.REFUSES);
    assertThatThrownBy(() -> nodes.reopen(false).await()).isInstanceOf(BlockException.class);
    nodes.faults.clear();
    assertThat(nodes.inUse("a")).as("sealed").isFalse();
  }

  @ParameterizedTest
  @EnumSource(ChangingPath.class)
  void aSealedNodeIsArmedFirstOrTheAnswerIsAnError(ChangingPath path) {
    try (EightNodes nodes = new EightNodes(dir, ChangeRules.SOUND)) {
      for (long offset = 512; offset < 8 * EightNodes.MIB; offset += EightNodes.MIB) {
        nodes.write("filter-c", offset); // so that each piece of the job would be seen
      }
      seal(nodes);
      byte[] before = content(nodes);
      // Each attempt: a job has two writers, and the second tries to arm again.
      nodes.faults.choose(Call.each("disk-a", "stage"), Fault.REFUSES);
      assertThatThrownBy(() -> path.change.accept(nodes))
          .as(path.name())
          .isInstanceOfSatisfying(
              BlockException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR);
                assertThat(e.getMessage()).contains("injected into stage of disk-a");
              });
      nodes.faults.clear();
      assertThat(content(nodes)).as("nothing passed the gate").isEqualTo(before);
      assertThat(nodes.inUse("a")).as("IN_USE after the refusal").isFalse();

      path.change.accept(nodes);
      assertThat(nodes.inUse("a")).as("IN_USE after the change").isTrue();
      if (path != ChangingPath.DISCARD) { // A discard may leave the data as it is.
        assertThat(content(nodes)).as("it passed").isNotEqualTo(before);
      }
    }
  }

  @Test
  void aReadAndAFlushArmNothing() {
    try (EightNodes nodes = new EightNodes(dir, ChangeRules.SOUND)) {
      seal(nodes);
      content(nodes);
      guest(nodes, BlockDevice::flush);
      assertThat(nodes.inUse("a")).isFalse();
    }
  }
}
