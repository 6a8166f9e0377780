package io.ashlar.engine.bitmap.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemWaits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RecordingTest {
  private static final long G = 512;
  private static final long SIZE = 1000 * G;
  private static final long SHORT = 3_000_000;

  private final Waits waits = SystemWaits.INSTANCE;

  private static BitmapState bitmap(String name) {
    return BitmapState.of(name, new BitTree(SIZE, G), true, true);
  }

  private Recording recording(GateState gate, Armer armer, BitmapState... bitmaps) {
    return new Recording(
        "n", Generation.of(List.of(bitmaps)), gate, armer, HotRegions.NONE, waits, false);
  }

  private static void write(Recording recording, long granule) {
    recording.end(recording.begin(granule * G, G), granule * G, G);
  }

  private static BitTree tree(Recording recording, String name) {
    return recording.generation().get(name).tree();
  }

  @Test
  void recordsInEveryEnabledBitmapBeforeTheDriverIsCalled() {
    Recording r =
        recording(GateState.ARMED, Armer.NONE, bitmap("a"), bitmap("b").withEnabled(false));
    long token = r.begin(3 * G, G);
    assertThat(tree(r, "a").isSet(3 * G)).isTrue();
    assertThat(r.inFlight()).isEqualTo(1);
    r.end(token, 3 * G, G);
    assertThat(tree(r, "b").isEmpty()).isTrue();
    assertThat(r.inFlight()).isZero();
  }

  @Test
  void clearWaitsForOldWritersAndCompletionSetsTheNewTree() throws Exception {
    Recording r = recording(GateState.ARMED, Armer.NONE, bitmap("a"));
    BitTree old = tree(r, "a");
    long token = r.begin(3 * G, G);
    CompletableFuture<Void> cleared =
        CompletableFuture.runAsync(() -> r.apply(r.generation().clear("a")));
    while (tree(r, "a") == old) {
      Thread.onSpinWait();
    }
    write(r, 5);
    assertThat(cleared).isNotDone();
    r.end(token, 3 * G, G);
    cleared.get(20, TimeUnit.SECONDS);
    assertThat(tree(r, "a").isSet(3 * G)).as("completed after the clear").isTrue();
    assertThat(tree(r, "a").count()).isEqualTo(2);
    assertThat(old.count()).isEqualTo(2);
  }

  @Test
  void failedChangeLeavesEverythingAndLosesNothing() {
    Recording r = recording(GateState.ARMED, Armer.NONE, bitmap("a"), bitmap("b"));
    write(r, 1);
    for (Generation.Change change :
        List.of(
            r.generation().clear("a"),
            r.generation().remove("a"),
            r.generation().enable("a", false),
            r.generation().createSuccessor("a"),
            r.generation().merge("a", List.of(tree(r, "b"))))) {
      long count = tree(r, "a").count();
      AtomicLong token = new AtomicLong();
      assertThatThrownBy(
              () ->
                  r.apply(
                      change,
                      () -> {
                        write(r, 100 + count);
                        token.set(r.begin((200 + count) * G, G));
                        throw new BlockException(ErrorCode.NO_SPACE, "full");
                      },
                      Recording.FOR_EVER))
          .hasMessage("full");
      r.end(token.get(), (200 + count) * G, G);
      assertThat(tree(r, "a").count()).isEqualTo(count + 2);
      assertThat(tree(r, "b").count()).isEqualTo(count + 2);
      assertThat(r.generation().get("a").recording()).isTrue();
    }
  }

  @Test
  void changeThatTimesOutIsUndoneAndTheNextOneWaitsForItsWriters() {
    Recording r = recording(GateState.ARMED, Armer.NONE, bitmap("a"));
    write(r, 1);
    long token = r.begin(2 * G, G);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> r.apply(r.generation().clear("a"), () -> {}, SHORT))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMED_OUT));
    }
    r.end(token, 2 * G, G);
    assertThat(tree(r, "a").count()).isEqualTo(2);
    r.apply(r.generation().clear("a"));
    assertThat(tree(r, "a").isEmpty()).isTrue();
  }

  @Test
  void jobHoldsTheBitmapThroughItsSuccessor() {
    Recording r = recording(GateState.ARMED, Armer.NONE, bitmap("a"));
    write(r, 1);
    r.apply(r.generation().createSuccessor("a"));
    write(r, 2);
    assertThat(tree(r, "a").count()).as("frozen").isEqualTo(1);
    for (ThrowingChange change :
        List.<ThrowingChange>of(
            g -> g.clear("a"),
            g -> g.remove("a"),
            g -> g.enable("a", false),
            g -> g.createSuccessor("a"),
            g -> g.resize(G))) {
      assertThatThrownBy(() -> change.of(r.generation()))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BITMAP_BUSY));
    }
    r.apply(r.generation().reclaim("a"));
    assertThat(tree(r, "a").count()).isEqualTo(2);
    r.apply(r.generation().createSuccessor("a"));
    write(r, 3);
    r.apply(r.generation().abdicate("a"));
    assertThat(tree(r, "a").count()).isEqualTo(1);
    write(r, 4);
    assertThat(tree(r, "a").count()).isEqualTo(2);
    assertThat(r.generation().get("a").busy()).isFalse();
  }

  private interface ThrowingChange {
    Generation.Change of(Generation generation);
  }

  @Test
  void namesAndInconsistentOnesAreChecked() {
    Generation g = Generation.of(List.of(bitmap("a"), BitmapState.inconsistent("broken", SIZE, G)));
    assertThatThrownBy(() -> g.add(bitmap("a"))).hasMessageContaining("'a' already");
    assertThatThrownBy(() -> g.get("x")).hasMessageContaining("[a, broken]");
    assertThatThrownBy(() -> g.clear("broken")).hasMessageContaining("full backup");
    assertThatThrownBy(() -> g.enable("broken", true))
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.BITMAP_INCONSISTENT));
    assertThat(g.remove("broken").next().bitmaps()).hasSize(1);
    assertThatThrownBy(() -> g.get("broken").requireChangeable(true))
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> assertThat(e.code()).as("QEMU's order").isEqualTo(ErrorCode.BITMAP_READ_ONLY));
    assertThatThrownBy(() -> Generation.of(List.of(bitmap("a"), bitmap("a"))))
        .isInstanceOf(BlockException.class);
  }

  @Test
  void whatARecoveryAddedIsRememberedUntilTheBitmapIsEmptied() {
    BitmapInfo.Recovery recovery = new BitmapInfo.Recovery(7 * G);
    Generation g = Generation.of(List.of(bitmap("a").withRecovery(recovery)));
    Generation held = g.createSuccessor("a").next();
    for (Generation keeps :
        List.of(
            held,
            held.reclaim("a").next(),
            g.enable("a", false).next(),
            g.merge("a", List.of()).next(),
            g.resize(2 * SIZE).next(),
            g.hold("a", true).next())) {
      assertThat(keeps.get("a").recovery()).isEqualTo(recovery);
    }
    assertThat(g.clear("a").next().get("a").recovery()).isNull();
    assertThat(held.abdicate("a").next().get("a").recovery()).isNull();
  }

  @Test
  void mergeAndResizeKeepWritesThatGoOn() {
    Recording r = recording(GateState.ARMED, Armer.NONE, bitmap("a"), bitmap("b"));
    write(r, 7);
    BitTree foreign = new BitTree(SIZE, 4096);
    foreign.set(0, 1);
    r.apply(r.generation().merge("a", List.of(foreign)), () -> write(r, 20), Recording.FOR_EVER);
    assertThat(tree(r, "a").count()).isEqualTo(9);
    assertThat(tree(r, "b").count()).isEqualTo(2);
    r.apply(r.generation().resize(10 * G));
    assertThat(tree(r, "a").count()).isEqualTo(8);
    assertThat(tree(r, "a").length()).isEqualTo(10 * G);
    write(r, 9);
    assertThat(tree(r, "b").count()).isEqualTo(2);
  }

  @Test
  void sealedGateIsArmedOnceByTheFirstOfManyWriters() throws Exception {
    AtomicInteger armed = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    Recording r =
        recording(
            GateState.SEALED,
            () -> {
              armed.incrementAndGet();
              await(go);
            },
            bitmap("a"));
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int granule = i;
      writers.add(onThread(() -> write(r, granule)));
    }
    assertThat(tree(r, "a").isEmpty()).as("nothing is recorded before it is armed").isTrue();
    go.countDown();
    for (CompletableFuture<Void> writer : writers) {
      writer.get(20, TimeUnit.SECONDS);
    }
    assertThat(armed).hasValue(1);
    assertThat(tree(r, "a").count()).isEqualTo(8);
    assertThat(r.gateState()).isEqualTo(GateState.ARMED);
  }

  @Test
  void failedArmingFailsThoseWritesAndTheNextTriesAgain() {
    AtomicInteger calls = new AtomicInteger();
    Recording r =
        recording(
            GateState.SEALED,
            () -> {
              if (calls.incrementAndGet() == 1) {
                throw new BlockException(ErrorCode.IO_ERROR, "bad sector");
              }
            },
            bitmap("a"));
    assertThatThrownBy(() -> r.begin(0, G)).hasMessage("bad sector");
    assertThat(r.gateState()).isEqualTo(GateState.SEALED);
    assertThat(r.inFlight()).isZero();
    write(r, 0);
    assertThat(calls).hasValue(2);
    r.fail(new BlockException(ErrorCode.NODE_FAILED, "directory is down"));
    assertThatThrownBy(() -> r.begin(0, G)).hasMessage("directory is down");
  }

  @Test
  void aWriterHearsOfADefectInArmingAsOfEveryFailure() {
    for (Throwable defect : List.of(new IllegalStateException("odd"), new AssertionError("odd"))) {
      Recording r =
          recording(
              GateState.SEALED,
              () -> {
                if (defect instanceof Error error) {
                  throw error;
                }
                throw (RuntimeException) defect;
              },
              bitmap("a"));
      assertThatThrownBy(() -> r.begin(0, G))
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DRIVER_FAILED))
          .hasMessageContaining("odd");
      assertThat(r.gateState()).isEqualTo(GateState.SEALED);
    }
  }

  @Test
  void sealWaitsForWritersAndHoldsNewOnesBack() throws Exception {
    Recording r = recording(GateState.ARMED, Armer.NONE, bitmap("a"));
    long token = r.begin(G, G);
    assertThatThrownBy(() -> r.seal(() -> {}, SHORT))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMED_OUT));
    assertThat(r.gateState()).isEqualTo(GateState.ARMED);
    AtomicLong stored = new AtomicLong(-1);
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Void> sealed =
        onThread(
            () ->
                r.seal(
                    () -> {
                      await(go);
                      stored.set(tree(r, "a").count());
                    },
                    Recording.FOR_EVER));
    while (r.gateState() != GateState.SEALING) {
      Thread.onSpinWait();
    }
    CompletableFuture<Void> writer = onThread(() -> write(r, 9));
    r.end(token, G, G);
    go.countDown();
    sealed.get(20, TimeUnit.SECONDS);
    writer.get(20, TimeUnit.SECONDS);
    assertThat(stored).as("bits stored as valid").hasValue(1);
    assertThat(tree(r, "a").count()).isEqualTo(2);
    assertThat(r.gateState()).as("the waiting write armed").isEqualTo(GateState.ARMED);
    assertThatThrownBy(
            () ->
                r.seal(
                    () -> {
                      throw new BlockException(ErrorCode.IO_ERROR, "flush failed");
                    },
                    Recording.FOR_EVER))
        .hasMessage("flush failed");
    assertThat(r.gateState()).as("what is on disk may look valid").isEqualTo(GateState.SEALED);
  }

  @Test
  void hotRegionsAreHeatedAfterTheBitsAndRestartedBeforeTheyAreRead() {
    List<String> log = new ArrayList<>();
    BitmapState a = bitmap("a");
    HotRegions hot =
        new HotRegions() {
          @Override
          public void heat(long offset, long length) {
            log.add("heat, bit " + a.tree().isSet(offset));
            if (offset == 2 * G) {
              throw new BlockException(ErrorCode.IO_ERROR, "journal");
            }
          }

          @Override
          public long publishNext() {
            log.add("next");
            return 42;
          }

          @Override
          public void dropBefore(long epoch) {
            log.add("drop " + epoch);
          }
        };
    Recording r =
        new Recording(
            "n", Generation.of(List.of(a)), GateState.ARMED, Armer.NONE, hot, waits, false);
    write(r, 1);
    r.capture(g -> log.add("read"));
    r.apply(r.generation().enable("a", false), () -> log.add("durable"), Recording.FOR_EVER);
    assertThat(log)
        .containsExactly("heat, bit true", "next", "read", "drop 42", "next", "durable", "drop 42");
    assertThatThrownBy(() -> r.begin(2 * G, G)).hasMessage("journal");
    assertThat(r.inFlight()).isZero();
  }

  @Test
  void dormantNodeCountsNothingAndWakesOnlyQuiesced() {
    Recording r =
        new Recording(
            "n",
            Generation.of(List.of()),
            GateState.ARMED,
            Armer.NONE,
            HotRegions.NONE,
            waits,
            true);
    long token = r.begin(0, G);
    assertThat(r.inFlight()).isZero();
    assertThatThrownBy(() -> r.apply(r.generation().add(bitmap("a"))))
        .hasMessageContaining("quiesced");
    r.end(token, 0, G);
    r.applyQuiesced(r.generation().add(bitmap("a")), () -> {});
    write(r, 1);
    assertThat(tree(r, "a").count()).isEqualTo(1);
    r.apply(r.generation().remove("a"));
    token = r.begin(0, G);
    assertThat(r.inFlight()).as("dormant again").isZero();
    r.fail(new BlockException(ErrorCode.NODE_FAILED, "down"));
    r.end(token, 0, G);
    assertThatThrownBy(() -> r.begin(0, G)).hasMessage("down");
  }

  private CompletableFuture<Void> onThread(Runnable body) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    waits.start(
        "test",
        () -> {
          try {
            body.run();
            result.complete(null);
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
