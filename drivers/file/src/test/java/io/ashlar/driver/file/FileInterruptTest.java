package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt of one caller, in the middle of its call, disturbs neither it nor the others. */
final class FileInterruptTest {
  private static final int PART = 1 << 20;
  private static final int ROUNDS = 600;

  @TempDir Path directory;

  @Test
  @Timeout(60)
  void callsGoOnAndTheInterruptStaysPending() throws Exception {
    Path path = Files.write(directory.resolve("disk"), new byte[3 * PART]);
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    AtomicInteger pending = new AtomicInteger();
    AtomicLong calls = new AtomicLong();
    try (BlockNode node = Held.open(Held.host(false), path)) {
      List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int index = i;
        workers.add(
            new Thread(
                () -> {
                  try {
                    work(node, index, pending, calls);
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                }));
      }
      workers.forEach(Thread::start);
      Thread victim = workers.get(0);
      // An interrupt each time the workers have got on a little, so that none is starved.
      long seen = 0;
      while (victim.isAlive()) {
        if (calls.get() > seen) {
          seen = calls.get();
          victim.interrupt();
        }
        Thread.onSpinWait();
      }
      for (Thread worker : workers) {
        worker.join();
      }
      assertThat(failures).isEmpty();
      assertThat(pending.get()).as("interrupts that were still pending after a call").isPositive();
      assertThat(Held.bytes(path)).containsExactly(100, 101, 103, 201, 203);
      node.flush();
    }
    assertContent(path);
  }

  private static void work(BlockNode node, int index, AtomicInteger pending, AtomicLong calls) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(PART);
    byte[] found = new byte[PART];
    for (int round = 1; round <= ROUNDS; round++) {
      byte[] expected = new byte[PART];
      Arrays.fill(expected, (byte) (round + index));
      node.write((long) index * PART, buffer.clear().put(expected).flip(), IoFlags.NONE);
      count(pending);
      node.read((long) index * PART, buffer.clear(), IoFlags.NONE);
      count(pending);
      buffer.flip().get(found);
      assertThat(Arrays.equals(found, expected)).as("round %d", round).isTrue();
      if (round % 50 == 0) {
        node.flush();
      }
      calls.incrementAndGet();
    }
  }

  /** Without a pending interrupt at its start, the next call can be interrupted in the middle. */
  private static void count(AtomicInteger pending) {
    if (Thread.interrupted()) {
      pending.incrementAndGet();
    }
  }

  private static void assertContent(Path path) throws IOException {
    byte[] content = Files.readAllBytes(path);
    for (int i = 0; i < 3; i++) {
      assertThat(content[i * PART + 17]).isEqualTo((byte) (ROUNDS + i));
    }
  }

  @Test
  void aCallerWithAPendingInterruptIsServed() throws IOException {
    Path path = Files.write(directory.resolve("disk"), new byte[] {1, 2, 3});
    try (BlockNode node = Held.open(Held.host(false), path)) {
      Thread.currentThread().interrupt();
      ByteBuffer target = ByteBuffer.allocate(3);
      node.read(0, target, IoFlags.NONE);
      node.write(1, ByteBuffer.wrap(new byte[] {9}), IoFlags.FUA);
      node.writeZeroes(2, 1, IoFlags.NONE);
      node.flush();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(target.array()).containsExactly(1, 2, 3);
      assertThat(Files.readAllBytes(path)).containsExactly(1, 9, 0);
    }
  }
}
