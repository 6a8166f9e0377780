package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Open, read-only, reopen, close. */
abstract class LifeContract extends SpaceContract {
  @Test
  final void closeIsIdempotentAndLeavesChildrenOpen() {
    try (Subject subject = subject()) {
      write(subject.node(), 0, pattern(40, 1000));
      subject.node().close();
      subject.node().close();
      for (MemoryNode child : subject.memories()) {
        assertThat(child.isClosed()).as("a child belongs to the engine").isFalse();
      }
    }
  }

  @Test
  final void closeKeepsWhatWasWritten() {
    try (Subject subject = subject()) {
      byte[] bytes = pattern(41, 300_000 % length());
      write(subject.node(), 3, bytes);
      subject.openAgain(true);
      assertReads(subject.node(), 3, stored(bytes));
    }
  }

  @Test
  final void readOnlyOpenWritesNothing() {
    try (Subject subject = subject()) {
      byte[] bytes = pattern(42, 100_000);
      write(subject.node(), 777, bytes);
      subject.node().close();
      List<ByteBuffer> before = contents(subject);
      subject.memories().forEach(child -> child.log().reset());
      subject.openAgain(true);
      BlockNode node = subject.node();
      assertReads(node, 777, stored(bytes));
      assertStatusIsTrue(subject);
      assertRefusesWrites(node);
      node.flush();
      assertReads(node, 777, stored(bytes));
      node.close();
      for (MemoryNode child : subject.memories()) {
        assertThat(child.log().changes()).as("changes of a child").isZero();
      }
      assertThat(contents(subject).equals(before)).as("children are as before").isTrue();
    }
  }

  private static List<ByteBuffer> contents(Subject subject) {
    return subject.memories().stream()
        .map(child -> ByteBuffer.wrap(child.get(0, Math.toIntExact(child.length()))))
        .toList();
  }

  private void assertRefusesWrites(BlockNode node) {
    ByteBuffer source = ByteBuffer.allocate(512);
    expect(ErrorCode.READ_ONLY, () -> node.write(0, source, IoFlags.NONE));
    expect(ErrorCode.READ_ONLY, () -> node.writeZeroes(0, 512, IoFlags.NONE));
    try {
      node.discard(0, 512, IoFlags.NONE); // with discard=ignore it may also do nothing
    } catch (BlockException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.READ_ONLY);
    }
    if (resizable()) {
      expect(ErrorCode.READ_ONLY, () -> node.truncate(length() + 512L, Preallocation.OFF));
    }
  }

  @Test
  final void reopenWithoutChangeGoesBothWays() {
    try (Subject subject = subject()) {
      byte[] bytes = pattern(43, 5000);
      write(subject.node(), 100, bytes);
      TestReopen first = subject.change();
      first.prepare(ReopenPass.UP);
      first.abort();
      first.abort();
      assertReads(subject.node(), 100, stored(bytes));
      TestReopen second = subject.change();
      ReopenStep step = second.prepare(ReopenPass.UP);
      assertReads(step.staged(), 100, stored(bytes));
      second.commit();
      step.commit();
      step.abort();
      write(subject.node(), 0, bytes);
      assertReads(subject.node(), 0, stored(bytes));
    }
  }

  @Test
  final void reopenToReadOnlyAndBack() {
    if (!reopensReadOnly()) {
      return;
    }
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      byte[] bytes = pattern(44, 9000);
      write(node, 50, bytes);
      TestReopen down = subject.change().readOnly(true);
      ReopenStep lost = down.prepare(ReopenPass.DOWN);
      down.commit();
      lost.commit();
      lost.abort();
      assertRefusesWrites(node);
      assertReads(node, 50, stored(bytes));

      TestReopen up = subject.change().readOnly(false);
      ReopenStep gained = up.prepare(ReopenPass.UP);
      byte[] staged = pattern(45, 700);
      write(gained.staged(), 60, staged);
      assertReads(gained.staged(), 60, stored(staged));
      up.commit();
      gained.commit();
      assertReads(node, 60, stored(staged));
      write(node, 50, bytes);
      assertReads(node, 50, stored(bytes));
    }
  }

  @Test
  final void abortedReopenChangesNothing() {
    if (!reopensReadOnly()) {
      return;
    }
    try (Subject subject = subject()) {
      byte[] bytes = pattern(46, 9000);
      TestReopen down = subject.change().readOnly(true);
      ReopenStep lost = down.prepare(ReopenPass.DOWN);
      down.abort();
      lost.abort();
      lost.commit();
      write(subject.node(), 50, bytes);
      assertReads(subject.node(), 50, stored(bytes));

      subject.openAgain(true);
      TestReopen up = subject.change().readOnly(false);
      ReopenStep gained = up.prepare(ReopenPass.UP);
      up.abort();
      gained.abort();
      gained.commit();
      assertRefusesWrites(subject.node());
      assertReads(subject.node(), 50, stored(bytes));
    }
  }

  @Test
  final void drainAndCancelAreHarmless() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      node.drainBegin();
      node.drainEnd();
      node.cancelInFlight();
      byte[] bytes = pattern(47, 100);
      write(node, 5, bytes);
      assertReads(node, 5, stored(bytes));
      assertThat(node.details()).isNotNull();
    }
  }
}
