package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.bitmap.bits.BitTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real threads write while the directory changes everything under them: no bit is lost. */
@SuppressWarnings("ThreadPriorityCheck") // yields only mix the threads more
class DirectoryConcurrencyTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final long G = Rig.GRANULE;
  private static final int GRANULES = (int) (Rig.LENGTH / G);
  private static final int WRITERS = 3;

  private final Rig rig = new Rig(KIT);
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final AtomicLong clock = new AtomicLong();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicLong unarmedWrites = new AtomicLong();

  /** A write with the ticks of the clock before it began and after it had ended. */
  private record Write(int granule, long began, long ended) {}

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void close() {
    pool.shutdownNow();
    rig.close();
  }

  private List<CompletableFuture<List<Write>>> startWriters(long seed) {
    List<CompletableFuture<List<Write>>> writers = new ArrayList<>();
    for (int w = 0; w < WRITERS; w++) {
      Random random = new Random(seed + w);
      writers.add(CompletableFuture.supplyAsync(() -> write(random), pool));
    }
    return writers;
  }

  private List<Write> write(Random random) {
    List<Write> done = new ArrayList<>();
    while (!stop.get()) {
      int granule = random.nextInt(GRANULES);
      long began = clock.getAndIncrement();
      rig.write(
          granule * G,
          512,
          () -> {
            // A write in the driver while the image says that its bitmaps are valid.
            if (rig.store.disk.stream().anyMatch(e -> !e.inUse())) {
              unarmedWrites.incrementAndGet();
            }
            Thread.yield();
          });
      done.add(new Write(granule, began, clock.getAndIncrement()));
      if (done.size() % 64 == 0) {
        Thread.yield();
      }
    }
    return done;
  }

  /** Lets the writers go on a little; some are in the middle of a write when this returns. */
  private void awaitWrites() {
    long until = clock.get() + 8;
    while (clock.get() < until) {
      Thread.yield();
    }
  }

  private List<Write> finish(List<CompletableFuture<List<Write>>> writers) {
    stop.set(true);
    List<Write> all = new ArrayList<>();
    writers.forEach(w -> all.addAll(w.join()));
    assertThat(unarmedWrites).hasValue(0);
    assertThat(all).hasSizeGreaterThan(100);
    return all;
  }

  private static void assertHolds(
      BitTree bits, List<Write> writes, long tick, BiPredicate<Write, Long> due) {
    for (Write write : writes) {
      if (due.test(write, tick)) {
        assertThat(bits.isSet(write.granule() * G)).as("%s, tick %d", write, tick).isTrue();
      }
    }
  }

  private static boolean later(Write write, long tick) {
    return write.began() > tick;
  }

  private static boolean earlier(Write write, long tick) {
    return write.ended() < tick;
  }

  private static long seed() {
    long seed = System.nanoTime();
    System.out.println("DirectoryConcurrencyTest seed " + seed);
    return seed;
  }

  @Test
  void sealsBetweenWritesStoreAllThatWasWritten() {
    rig.load(true);
    rig.add("b", true);
    List<CompletableFuture<List<Write>>> writers = startWriters(seed());
    for (int i = 0; i < 100; i++) {
      awaitWrites();
      rig.seal();
    }
    List<Write> writes = finish(writers);
    rig.seal();
    assertThat(rig.store.entry("b").inUse()).isFalse();
    writes.forEach(
        w -> assertThat(rig.store.entry("b").isSet(w.granule() * G)).as("%s", w).isTrue());
  }

  @Test
  void aClearLosesNoLaterWrite() {
    rig.load(true);
    rig.add("b", true);
    List<CompletableFuture<List<Write>>> writers = startWriters(seed());
    long cleared = 0;
    for (int i = 0; i < 200; i++) {
      awaitWrites();
      rig.clear("b");
      cleared = clock.getAndIncrement();
    }
    List<Write> writes = finish(writers);
    assertHolds(rig.snapshot("b"), writes, cleared, DirectoryConcurrencyTest::later);
  }

  @Test
  void anAddedOneHoldsEveryLaterWriteAndAMergeEveryEarlierOne() {
    rig.load(true);
    rig.add("all", true);
    List<CompletableFuture<List<Write>>> writers = startWriters(seed());
    List<Long> added = new ArrayList<>();
    List<Long> merged = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      awaitWrites();
      rig.add("b" + i, i % 2 == 0);
      added.add(clock.getAndIncrement());
      rig.enable("b" + i, false);
      rig.enable("b" + i, true);
      added.set(i, clock.getAndIncrement());
      awaitWrites();
      merged.add(clock.getAndIncrement());
      rig.merge("b" + i, List.of(rig.snapshot("all")));
      if (i % 5 == 4) {
        rig.seal();
        rig.remove("b" + (i - 1));
      }
    }
    List<Write> writes = finish(writers);
    for (int i = 0; i < 20; i++) {
      if (i % 5 == 3) {
        continue;
      }
      BitTree bits = rig.snapshot("b" + i);
      assertHolds(bits, writes, added.get(i), DirectoryConcurrencyTest::later);
      assertHolds(bits, writes, merged.get(i), DirectoryConcurrencyTest::earlier);
    }
  }

  @Test
  void jobsThatComeAndGoLoseNothing() {
    rig.load(true);
    rig.add("b", true);
    List<CompletableFuture<List<Write>>> writers = startWriters(seed());
    BitTree copied = new BitTree(Rig.LENGTH, G);
    for (int i = 0; i < 100; i++) {
      awaitWrites();
      BitTree frozen = rig.freeze("b", false);
      awaitWrites();
      boolean success = i % 3 != 0;
      if (success) {
        copied.merge(frozen);
      }
      rig.thaw("b", success, null);
      if (i % 10 == 0) {
        rig.seal();
      }
    }
    List<Write> writes = finish(writers);
    copied.merge(rig.snapshot("b"));
    assertHolds(copied, writes, 0, (write, tick) -> true);
  }
}
