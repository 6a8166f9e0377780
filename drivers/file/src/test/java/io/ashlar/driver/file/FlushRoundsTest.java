package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.system.SystemWaits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel reports a lost write once; everybody whom it concerns must hear of it. */
final class FlushRoundsTest {
  private final FlushRounds rounds = new FlushRounds(SystemWaits.INSTANCE);

  @Test
  @Timeout(30)
  void everyFlushThatWaitedHearsOfTheFailureAndTheNextOneDoesNot() throws Exception {
    Disk disk = new Disk();
    CountDownLatch release = disk.holdNextAndFail();
    ConcurrentLinkedQueue<ErrorCode> told = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    callers.add(caller(disk, told));
    disk.inside.await();
    for (int i = 0; i < 3; i++) {
      callers.add(caller(disk, told));
    }
    // They wait behind the flush that is running; it alone will see the error.
    for (Thread caller : callers.subList(1, 4)) {
      while (caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }
    release.countDown();
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(told).containsOnly(ErrorCode.IO_ERROR).hasSize(4);
    rounds.flush(disk);
    assertThat(disk.flushes.get()).isEqualTo(2);
  }

  @Test
  @Timeout(30)
  void thoseWhoComeWhileOneRunsShareTheNext() throws Exception {
    Disk disk = new Disk();
    CountDownLatch release = disk.holdNext();
    ConcurrentLinkedQueue<ErrorCode> told = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    callers.add(caller(disk, told));
    disk.inside.await();
    for (int i = 0; i < 5; i++) {
      callers.add(caller(disk, told));
    }
    for (Thread caller : callers.subList(1, 6)) {
      while (caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }
    release.countDown();
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(told).isEmpty();
    assertThat(disk.flushes.get()).isEqualTo(2);
  }

  @Test
  void whatIsDurableIsNotFlushedAgain() {
    Disk disk = new Disk();
    rounds.flush(disk);
    assertThat(disk.flushes.get()).as("nobody knows what is on its way at first").isEqualTo(1);
    rounds.flush(disk);
    rounds.flush(disk);
    assertThat(disk.flushes.get()).isEqualTo(1);
    rounds.changed();
    rounds.flush(disk);
    rounds.flush(disk);
    assertThat(disk.flushes.get()).isEqualTo(2);
  }

  @Test
  void aFlushThatFailedIsFollowedByAnother() {
    Disk disk = new Disk();
    rounds.flush(disk);
    rounds.changed();
    disk.failing = true;
    assertThatThrownBy(() -> rounds.flush(disk)).isInstanceOf(BlockException.class);
    rounds.flush(disk);
    assertThat(disk.flushes.get()).isEqualTo(3);
    rounds.flush(disk);
    assertThat(disk.flushes.get()).isEqualTo(3);
  }

  @Test
  void anotherDescriptorIsFlushedForItself() {
    Disk old = new Disk();
    rounds.flush(old);
    Disk next = new Disk();
    rounds.flush(next);
    assertThat(next.flushes.get()).isEqualTo(1);
    rounds.flush(old);
    assertThat(old.flushes.get()).isEqualTo(2);
  }

  @Test
  @Timeout(30)
  void aChangeThatEndsDuringAFlushIsNotCoveredByIt() throws Exception {
    Disk disk = new Disk();
    CountDownLatch release = disk.holdNext();
    Thread first = caller(disk, new ConcurrentLinkedQueue<>());
    disk.inside.await();
    rounds.changed();
    release.countDown();
    first.join();
    rounds.flush(disk);
    assertThat(disk.flushes.get()).isEqualTo(2);
  }

  private Thread caller(FileHandle disk, ConcurrentLinkedQueue<ErrorCode> told) {
    Thread thread =
        new Thread(
            () -> {
              try {
                rounds.changed(); // it has written something
                rounds.flush(disk);
              } catch (BlockException e) {
                told.add(e.code());
              }
            });
    thread.start();
    return thread;
  }

  /** A disk of which only the flush matters. */
  private static final class Disk implements FileHandle {
    private final AtomicInteger flushes = new AtomicInteger();
    private final CountDownLatch inside = new CountDownLatch(1);
    private volatile CountDownLatch gate;
    private volatile boolean failing;

    CountDownLatch holdNext() {
      gate = new CountDownLatch(1);
      return gate;
    }

    CountDownLatch holdNextAndFail() {
      failing = true;
      return holdNext();
    }

    @Override
    public void flush() {
      flushes.incrementAndGet();
      inside.countDown();
      CountDownLatch held = gate;
      try {
        if (held != null) {
          held.await();
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      if (failing) {
        failing = false;
        throw new BlockException(ErrorCode.IO_ERROR, "lost");
      }
    }

    @Override
    public int alignment() {
      return 1;
    }

    @Override
    public int read(long offset, ByteBuffer target) {
      return 0;
    }

    @Override
    public void write(long offset, ByteBuffer source) {
      source.position(source.limit());
    }

    @Override
    public long length() {
      return 0;
    }

    @Override
    public void setLength(long length) {}

    @Override
    public boolean punchHole(long offset, long length) {
      return false;
    }

    @Override
    public boolean zeroRange(long offset, long length) {
      return false;
    }

    @Override
    public boolean allocate(long offset, long length) {
      return false;
    }

    @Override
    public long nextData(long offset) {
      return -1;
    }

    @Override
    public long nextHole(long offset) {
      return offset;
    }

    @Override
    public void close() {}
  }
}
