package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;
import static io.ashlar.engine.journal.file.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.contract.ManualClock;
import io.ashlar.spi.contract.MemoryFileIo;
import io.ashlar.spi.system.SystemWaits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many callers: one order, shared flushes, and nobody left waiting. */
@Timeout(60)
final class GroupCommitTest {
  private final MemoryFileIo files = new MemoryFileIo();
  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final ExecutorService callers = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    executor.shutdownNow();
    callers.shutdownNow();
  }

  private Journal create() {
    JournalEnvironment environment =
        new JournalEnvironment(files, SystemWaits.INSTANCE, new ManualClock(), executor);
    return Journal.create(environment, PATH, Rig.IDENTITY, Rig.SMALL);
  }

  /** Holds the first flush from now on, so that others gather behind it. */
  private final class Held {
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    Held() {
      files
          .faults()
          .hook(
              (operation, offset, length) -> {
                if (operation == Operation.FLUSH && inside.getCount() > 0) {
                  inside.countDown();
                  await(go);
                }
              });
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whoWaitsBehindAFlushSharesTheNextOne() throws Exception {
    Journal journal = create();
    long before = journal.statistics().commits();
    Held held = new Held();
    List<Future<Long>> waiting = new ArrayList<>();
    waiting.add(callers.submit(() -> journal.append(text("first"))));
    await(held.inside);
    Queue<Long> heard = new ConcurrentLinkedQueue<>();
    CountDownLatch told = new CountDownLatch(8);
    for (int i = 0; i < 8; i++) {
      journal.append(List.of(text("heard " + i)), listener(heard, told));
    }
    held.go.countDown();
    await(told);
    assertThat(waiting.get(0).get()).isEqualTo(2);
    assertThat(heard).containsExactlyInAnyOrder(3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    JournalStatistics statistics = journal.statistics();
    assertThat(statistics.commits() - before).isEqualTo(2);
    assertThat(statistics.largestCommit()).isEqualTo(8);
    assertThat(statistics.records()).isEqualTo(9);
    journal.close();
    assertThat(Rig.read(files)).hasSize(9).startsWith("first", "heard 0", "heard 1");
  }

  /** Notes what comes before the rest. */
  private record Early(Queue<Long> early, AppendListener rest) implements AppendListener {
    @Override
    public void atOnce(long lastLsn) {
      early.add(lastLsn);
    }

    @Override
    public void durable(long lastLsn) {
      rest.durable(lastLsn);
    }

    @Override
    public void failed(BlockException failure) {
      rest.failed(failure);
    }
  }

  /** The executor is busy with something else all the time. */
  @Test
  void whatAListenerHearsAtOnceIsBeforeTheOthersGoOn() throws Exception {
    List<Runnable> never = new ArrayList<>();
    JournalEnvironment environment =
        new JournalEnvironment(files, SystemWaits.INSTANCE, new ManualClock(), never::add);
    Journal journal = Journal.create(environment, PATH, Rig.IDENTITY, Rig.SMALL);
    Held held = new Held();
    Future<Long> first = callers.submit(() -> journal.append(text("first")));
    await(held.inside);
    Queue<Long> early = new ConcurrentLinkedQueue<>();
    Queue<Long> late = new ConcurrentLinkedQueue<>();
    CountDownLatch told = new CountDownLatch(1);
    journal.append(List.of(text("heard")), new Early(early, listener(late, told)));
    Future<List<Long>> waiting =
        callers.submit(
            () -> {
              journal.append(text("waited"));
              return List.copyOf(early);
            });
    held.go.countDown();
    assertThat(first.get()).isEqualTo(2);
    assertThat(waiting.get()).containsExactly(3L);
    assertThat(late).isEmpty();
    never.forEach(Runnable::run);
    assertThat(late).containsExactly(3L);
    journal.close();
  }

  @Test
  void nothingIsHeardAtOnceOfWhatFailed() throws Exception {
    Journal journal = create();
    files.faults().failFrom(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    Queue<Long> early = new ConcurrentLinkedQueue<>();
    Queue<Long> late = new ConcurrentLinkedQueue<>();
    CountDownLatch told = new CountDownLatch(1);
    journal.append(List.of(text("heard")), new Early(early, listener(late, told)));
    await(told);
    assertThat(late).containsExactly(-1L);
    assertThat(early).isEmpty();
    journal.close();
  }

  private static AppendListener listener(Queue<Long> heard, CountDownLatch told) {
    return new AppendListener() {
      @Override
      public void durable(long lastLsn) {
        heard.add(lastLsn);
        told.countDown();
      }

      @Override
      public void failed(BlockException failure) {
        heard.add(-1L);
        told.countDown();
      }
    };
  }

  @Test
  void aFailureReachesEverybodyWhoWaits() {
    Journal journal = create();
    Held held = new Held();
    Future<Long> first = callers.submit(() -> journal.append(text("first")));
    await(held.inside);
    Queue<Long> heard = new ConcurrentLinkedQueue<>();
    CountDownLatch told = new CountDownLatch(3);
    for (int i = 0; i < 3; i++) {
      journal.append(List.of(text("behind " + i)), listener(heard, told));
    }
    files.faults().failFrom(Operation.FLUSH, 1, ErrorCode.IO_ERROR);
    held.go.countDown();
    await(told);
    assertThat(heard).containsExactly(-1L, -1L, -1L);
    assertThat(first).failsWithin(30, TimeUnit.SECONDS);
    journal.close();
  }

  @Test
  void nothingIsAcknowledgedBeforeItsFlush() {
    Journal journal = create();
    Held held = new Held();
    Future<Long> append = callers.submit(() -> journal.append(text("one")));
    await(held.inside);
    assertThat(append.isDone()).isFalse();
    assertThat(journal.lastLsn()).isEqualTo(1);
    held.go.countDown();
    assertThat(append).succeedsWithin(30, TimeUnit.SECONDS);
    journal.close();
  }

  @Test
  void manyCallersLoseNothingAndKeepTheirOrder() throws Exception {
    Journal journal = create();
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int caller = 0; caller < 8; caller++) {
      int number = caller;
      all.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 200; i++) {
                  String added = number + ":" + i;
                  acknowledged.put(journal.append(text(added)), added);
                }
              },
              callers));
    }
    CountDownLatch told = new CountDownLatch(400);
    all.add(
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 400; i++) {
                String added = "async:" + i;
                journal.append(List.of(text(added)), recording(acknowledged, added, told));
              }
            },
            callers));
    all.add(
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 20; i++) {
                journal.compact(record -> true);
                journal.read(record -> {});
              }
            },
            callers));
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    await(told);
    assertThat(journal.statistics().compactions()).isEqualTo(20);
    journal.close();

    Map<Long, String> found = new HashMap<>();
    List<String> order = new ArrayList<>();
    JournalReader.read(
        files,
        PATH,
        record -> {
          if (record.type() == Rig.TEXT) {
            found.put(record.lsn(), text(record));
            order.add(text(record));
          }
        });
    assertThat(found).isEqualTo(acknowledged).hasSize(2000);
    for (String caller : List.of("0", "1", "2", "3", "4", "5", "6", "7", "async")) {
      assertThat(order.stream().filter(added -> added.startsWith(caller + ":")))
          .isSortedAccordingTo(
              (a, b) ->
                  Integer.compare(
                      Integer.parseInt(a.substring(a.indexOf(':') + 1)),
                      Integer.parseInt(b.substring(b.indexOf(':') + 1))));
    }
  }

  private static AppendListener recording(
      Map<Long, String> acknowledged, String added, CountDownLatch told) {
    return new AppendListener() {
      @Override
      public void durable(long lastLsn) {
        acknowledged.put(lastLsn, added);
        told.countDown();
      }

      @Override
      public void failed(BlockException failure) {
        told.countDown();
      }
    };
  }

  @Test
  void appendsAreAnsweredWhenTheExecutorHasEnded() {
    Journal journal = create();
    executor.shutdownNow();
    Queue<Long> heard = new ConcurrentLinkedQueue<>();
    CountDownLatch told = new CountDownLatch(1);
    journal.append(List.of(text("late")), listener(heard, told));
    await(told);
    assertThat(heard).containsExactly(2L);
    journal.close();
  }

  @Test
  void aReaderBesideAWriterSeesOnlyWhatIsWhole() throws Exception {
    Journal journal = create();
    Future<?> writing =
        callers.submit(
            () -> {
              for (int i = 0; i < 2000; i++) {
                journal.append(text(Rig.longText(i + ";", 100 + i % 1200)));
              }
            });
    int rounds = 0;
    int last = 0;
    while (!writing.isDone() || rounds == 0) {
      List<String> found = Rig.read(files);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i)).startsWith(i + ";");
      }
      assertThat(found).hasSizeGreaterThanOrEqualTo(last);
      last = found.size();
      rounds++;
    }
    writing.get();
    journal.close();
    assertThat(Rig.read(files)).hasSize(2000);
  }
}
