package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many callers at once, failing storage, power cuts. */
abstract class FailureContract extends LifeContract {
  private static final int CALLERS = 4;

  @Test
  final void disjointWritersDoNotMeet() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      int piece = 1021; // odd, so that neighbours share sectors and clusters
      int pieces = Math.min(length() / piece, 256);
      byte[] model = new byte[length()];
      List<Callable<Void>> jobs = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        int first = caller;
        jobs.add(
            () -> {
              for (int i = first; i < pieces; i += CALLERS) {
                write(node, (long) i * piece, pattern(100 + i, piece));
                assertReads(node, (long) i * piece, stored(pattern(100 + i, piece)));
              }
              return null;
            });
      }
      runAll(jobs);
      for (int i = 0; i < pieces; i++) {
        System.arraycopy(stored(pattern(100 + i, piece)), 0, model, i * piece, piece);
      }
      assertReads(node, 0, model);
      subject.openAgain(false);
      assertReads(subject.node(), 0, model);
    }
  }

  @Test
  final void writersOfOneRangeLeaveNoForeignBytes() {
    try (Subject subject = subject()) {
      BlockNode node = subject.node();
      int start = 60_000;
      int count = 12_000;
      byte[] around = pattern(200, length());
      write(node, 0, around);
      List<Callable<Void>> jobs = new ArrayList<>();
      for (int caller = 1; caller <= CALLERS; caller++) {
        byte[] mine = new byte[count];
        Arrays.fill(mine, (byte) caller);
        jobs.add(
            () -> {
              for (int i = 0; i < 20; i++) {
                write(node, start, mine);
                node.read(start, ByteBuffer.allocate(count), IoFlags.NONE);
              }
              return null;
            });
      }
      runAll(jobs);
      if (stores()) {
        for (byte each : read(node, start, count)) {
          assertThat(each).isBetween((byte) 1, (byte) CALLERS);
        }
      }
      assertReads(node, 0, stored(Arrays.copyOf(around, start)));
      byte[] tail = Arrays.copyOfRange(around, start + count, length());
      assertReads(node, start + count, stored(tail));
    }
  }

  private static void runAll(List<Callable<Void>> jobs) {
    ExecutorService pool = Executors.newFixedThreadPool(jobs.size());
    try {
      List<Future<Void>> running = new ArrayList<>();
      jobs.forEach(job -> running.add(pool.submit(job)));
      for (Future<Void> each : running) {
        each.get(60, TimeUnit.SECONDS);
      }
    } catch (ExecutionException e) {
      throw new AssertionError("a caller failed: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("callers hang", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  final void flushedWritesSurviveACrash() {
    try (Subject subject = subject()) {
      byte[] bytes = pattern(300, 150_000);
      write(subject.node(), 1234, bytes);
      subject.node().writeZeroes(70_000, 10_000, IoFlags.MAY_UNMAP);
      subject.node().flush();
      Arrays.fill(bytes, 70_000 - 1234, 80_000 - 1234, (byte) 0);
      if (subject.canCrash()) {
        subject.openAfterCrash();
      }
      assertReads(subject.node(), 1234, stored(bytes));
    }
  }

  @Test
  final void forcedWritesSurviveACrash() {
    try (Subject subject = subject()) {
      write(subject.node(), 0, pattern(301, 90_000));
      subject.node().flush();
      byte[] bytes = pattern(302, 70_001);
      subject.node().write(65_000, ByteBuffer.wrap(bytes), IoFlags.FUA);
      subject.node().writeZeroes(70_000, 3000, IoFlags.FUA);
      Arrays.fill(bytes, 5000, 8000, (byte) 0);
      if (subject.canCrash()) {
        subject.openAfterCrash();
      }
      assertReads(subject.node(), 65_000, stored(bytes));
      assertReads(subject.node(), 0, stored(Arrays.copyOf(pattern(301, 90_000), 65_000)));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"READ", "WRITE", "FLUSH", "STATUS", "WRITE_ZEROES"})
  final void failuresBelowReachTheCallerOnce(Operation failing) {
    for (int nth = 1; nth <= 5; nth++) {
      try (Subject subject = subject()) {
        byte[] around = pattern(400, length());
        write(subject.node(), 0, around);
        subject.node().flush();
        for (MemoryNode child : subject.memories()) {
          child.faults().failOnce(failing, nth, ErrorCode.IO_ERROR);
        }
        byte[] bytes = pattern(401, 5000);
        tryAll(subject.node(), bytes);
        subject.memories().forEach(child -> child.faults().clear());
        byte[] model = stored(around);
        write(subject.node(), 65_000, bytes);
        subject.node().flush();
        System.arraycopy(stored(bytes), 0, model, 65_000, bytes.length);
        assertReads(subject.node(), 0, model);
        subject.openAgain(false);
        assertReads(subject.node(), 0, model);
      }
    }
  }

  /** Each call may fail, with a {@link BlockException} alone. */
  private static void tryAll(BlockNode node, byte[] bytes) {
    List<Runnable> calls =
        List.of(
            () -> write(node, 65_000, bytes),
            () -> read(node, 65_000, bytes.length),
            () -> node.status(65_000, 5000),
            () -> node.writeZeroes(65_000, 5000, IoFlags.NONE),
            node::flush,
            () -> write(node, 65_000, bytes),
            node::flush);
    for (Runnable call : calls) {
      try {
        call.run();
      } catch (BlockException e) {
        assertThat(e.code()).as("code of: %s", e.getMessage()).isEqualTo(ErrorCode.IO_ERROR);
      }
    }
  }

  @Test
  final void failingStorageIsNeverSuccess() {
    try (Subject subject = subject()) {
      if (subject.memories().isEmpty() || !stores()) {
        return;
      }
      byte[] bytes = pattern(500, 4096);
      write(subject.node(), 0, bytes);
      subject.node().flush();
      for (MemoryNode child : subject.memories()) {
        child.faults().failFrom(Operation.WRITE, 1, ErrorCode.NO_SPACE);
        child.faults().failFrom(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
      }
      boolean failed = fails(() -> write(subject.node(), 100_000, bytes));
      failed |= fails(() -> subject.node().flush());
      assertThat(failed).as("a write and a flush over broken storage succeeded").isTrue();
      subject.memories().forEach(child -> child.faults().clear());
      write(subject.node(), 100_000, bytes);
      subject.node().flush();
      assertReads(subject.node(), 100_000, stored(bytes));
      assertReads(subject.node(), 0, stored(bytes));
    }
  }

  private static boolean fails(Runnable call) {
    try {
      call.run();
      return false;
    } catch (BlockException e) {
      return true;
    }
  }
}
