package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reading and writing. */
abstract class DataContract extends ContractBase {
  private static final int[] OFFSETS = {0, 1, 511, 512, 4095, 65_535, 65_536, 131_071, 200_003};
  private static final int[] LENGTHS = {1, 2, 511, 512, 513, 4096, 4097, 65_537};
  private static final int STRANGE_FLAG = 1 << 30;

  @Test
  final void nameAndLevelAreStated() {
    assertThat(driver().name()).matches("[a-z0-9][a-z0-9-]*");
    assertThat(driver().apiLevel()).isPositive();
    assertThat(driver().options()).isNotNull();
  }

  @Test
  final void lengthIsAsPrepared() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      NodeTraits traits = node.traits();
      assertThat(node.length()).isEqualTo(length());
      assertThat(traits.operations()).contains(Operation.READ, Operation.FLUSH, Operation.STATUS);
    }
  }

  @Test
  final void neverWrittenReadsAsZeroes() {
    try (Subject subject = subject()) {
      assertReads(subject.node(), 0, new byte[length()]);
      assertReads(subject.node(), 12_345, new byte[70_001]);
    }
  }

  @Test
  final void writesOfAnyAlignmentReadBack() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      byte[] model = new byte[length()];
      long seed = 1;
      for (int offset : OFFSETS) {
        for (int count : LENGTHS) {
          int fits = Math.min(count, length() - offset);
          byte[] bytes = pattern(seed++, fits);
          write(node, offset, bytes);
          System.arraycopy(stored(bytes), 0, model, offset, fits);
          assertReads(node, offset, Arrays.copyOfRange(model, offset, offset + fits));
        }
      }
      assertReads(node, 0, model);
      subject.openAgain(false);
      assertReads(subject.node(), 0, model);
    }
  }

  @Test
  final void lastByteAndWholeNodeInOneRequest() {
    try (Subject subject = subject()) {
      byte[] whole = pattern(5, length());
      write(subject.node(), 0, whole);
      assertReads(subject.node(), 0, stored(whole));
      write(subject.node(), length() - 1, new byte[] {77});
      assertReads(subject.node(), length() - 1, stored(new byte[] {77}));
      assertThat(subject.node().length()).isEqualTo(length());
    }
  }

  @ParameterizedTest
  @EnumSource(BufferKind.class)
  final void buffersOfAnyKind(BufferKind kind) {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      for (int count : new int[] {1, 513, 70_000}) {
        byte[] bytes = pattern(count, count);
        ByteBuffer source = kind.make(count);
        source.duplicate().put(bytes);
        for (ByteBuffer each : new ByteBuffer[] {source, source.asReadOnlyBuffer()}) {
          ByteBuffer before = each.duplicate();
          node.write(1001, each, IoFlags.NONE);
          assertMoved(before, each);
          assertThat(before.equals(ByteBuffer.wrap(bytes))).as("source is unchanged").isTrue();
        }
        assertReads(node, 1001, stored(bytes));
        checkTarget(kind, node, bytes);
      }
    }
  }

  private void checkTarget(BufferKind kind, BlockNode node, byte[] written) {
    ByteBuffer target = kind.make(written.length);
    ByteBuffer before = target.duplicate();
    ByteBuffer all = target.duplicate().clear();
    while (all.hasRemaining()) {
      all.put((byte) 0x77);
    }
    node.read(1001, target, IoFlags.NONE);
    assertMoved(before, target);
    all.flip();
    for (int i = 0; i < all.limit(); i++) {
      boolean inside = i >= before.position() && i < before.limit();
      if (inside && readsAreDefined()) {
        assertThat(all.get(i)).isEqualTo(stored(written)[i - before.position()]);
      } else if (!inside) {
        assertThat(all.get(i)).as("byte %d lies outside the request", i).isEqualTo((byte) 0x77);
      }
    }
  }

  private static void assertMoved(ByteBuffer before, ByteBuffer after) {
    assertThat(after.limit()).as("the limit stays").isEqualTo(before.limit());
    assertThat(after.position())
        .as("the position stays or moves over everything")
        .isIn(before.position(), before.limit());
  }

  @Test
  final void emptyRequestsDoNothing() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      byte[] bytes = pattern(9, 2000);
      write(node, 300, bytes);
      for (int offset : new int[] {0, 1, 400, length()}) {
        node.read(offset, ByteBuffer.allocate(0), IoFlags.NONE);
        node.write(offset, ByteBuffer.allocate(0), IoFlags.NONE);
        node.write(offset, ByteBuffer.allocate(0), IoFlags.FUA);
        node.writeZeroes(offset, 0, IoFlags.MAY_UNMAP);
        node.discard(offset, 0, IoFlags.NONE);
      }
      assertReads(node, 300, stored(bytes));
      assertThat(node.length()).isEqualTo(length());
    }
  }

  @Test
  final void strangeFlagsAreRefusedAndChangeNothing() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      byte[] bytes = pattern(10, 4096);
      write(node, 0, bytes);
      ByteBuffer buffer = ByteBuffer.allocate(512);
      expect(ErrorCode.INVALID_REQUEST, () -> node.read(0, buffer, STRANGE_FLAG));
      expect(ErrorCode.INVALID_REQUEST, () -> node.write(0, buffer, STRANGE_FLAG));
      expect(ErrorCode.INVALID_REQUEST, () -> node.writeZeroes(0, 512, STRANGE_FLAG));
      expect(ErrorCode.INVALID_REQUEST, () -> node.discard(0, 512, STRANGE_FLAG));
      expect(ErrorCode.INVALID_REQUEST, () -> node.write(0, buffer, IoFlags.NO_FALLBACK));
      assertReads(node, 0, stored(bytes));
    }
  }

  @Test
  final void knownFlagsOfWritesAreServed() {
    try (Subject subject = subject()) {
      for (int flags :
          new int[] {IoFlags.FUA, IoFlags.UNCHANGED, IoFlags.FUA | IoFlags.UNCHANGED}) {
        byte[] bytes = pattern(20 + flags, 70_000);
        subject.node().write(4000, ByteBuffer.wrap(bytes), flags);
        assertReads(subject.node(), 4000, stored(bytes));
      }
    }
  }
}
