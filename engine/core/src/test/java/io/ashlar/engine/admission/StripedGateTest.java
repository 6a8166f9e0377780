package io.ashlar.engine.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class StripedGateTest {
  private static final long SECONDS = TimeUnit.SECONDS.toNanos(20);

  private final Waits waits = SystemWaits.INSTANCE;
  private final AtomicInteger entries = new AtomicInteger();
  private final StripedGate gate = new StripedGate("device 'd'", waits);

  @Test
  void countsWhatIsInFlight() {
    long a = gate.enter();
    long b = gate.tryEnter();
    long c = gate.enterDetached();
    assertThat(List.of(a, b, c)).doesNotContain(StripedGate.NO_TICKET);
    assertThat(gate.inFlight()).isEqualTo(3);
    gate.leave(a);
    gate.leave(b);
    gate.leave(c);
    assertThat(gate.inFlight()).isZero();
  }

  @Test
  void closedAdmitsNobodyUntilOpenedAsOftenAsClosed() {
    gate.close(SECONDS);
    gate.close(SECONDS);
    assertThat(gate.tryEnter()).isEqualTo(StripedGate.NO_TICKET);
    gate.open();
    assertThat(gate.tryEnter()).isEqualTo(StripedGate.NO_TICKET);
    assertThat(gate.awaitOpen(1)).isFalse();
    gate.open();
    assertThat(gate.awaitOpen(1)).isTrue();
    gate.leave(gate.tryEnter());
    assertThatThrownBy(gate::open).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closeWaitsForTheLastLeaverAndEnterForTheOpening() throws Exception {
    long ticket = gate.enterDetached();
    AtomicReference<String> order = new AtomicReference<>("");
    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(
            () -> {
              gate.close(StripedGate.FOR_EVER);
              order.updateAndGet(s -> s + "closed ");
            });
    while (gate.isOpen()) {
      Thread.onSpinWait();
    }
    CompletableFuture<Void> entered =
        CompletableFuture.runAsync(
            () -> {
              long t = gate.enter();
              order.updateAndGet(s -> s + "entered");
              gate.leave(t);
            });
    order.updateAndGet(s -> s + "left ");
    gate.leave(ticket);
    closed.get(20, TimeUnit.SECONDS);
    gate.open();
    entered.get(20, TimeUnit.SECONDS);
    assertThat(order.get()).isEqualTo("left closed entered");
  }

  @Test
  void timeLimitOpensAgainAndNamesTheRequests() {
    long ticket = gate.enterDetached();
    assertThatThrownBy(() -> gate.close(2_000_000))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMED_OUT))
        .hasMessageContaining("device 'd'")
        .hasMessageContaining("1 requests");
    assertThat(gate.isOpen()).isTrue();
    gate.leave(ticket);
    gate.close(0);
    gate.open();
  }

  @Test
  void holderWhoClosesGetsAnError() {
    long a = gate.enter();
    long b = gate.enter();
    assertThatThrownBy(() -> gate.close(StripedGate.FOR_EVER))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
        .hasMessageContaining("own request");
    assertThat(gate.isOpen()).isTrue();
    gate.leave(a);
    gate.leave(b);
  }

  @Test
  void holderWhoClosesGetsTheErrorAlsoWhenOthersShareItsStripe() throws Exception {
    long own = gate.enter();
    // More threads than stripes: some share the caller's.
    List<Long> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      CompletableFuture<Long> other = new CompletableFuture<>();
      Thread t = new Thread(() -> other.complete(gate.enter()));
      t.start();
      others.add(other.get(20, TimeUnit.SECONDS));
    }
    CompletableFuture<Void> leaving =
        CompletableFuture.runAsync(
            () -> {
              while (gate.isOpen()) {
                Thread.onSpinWait();
              }
              others.forEach(gate::leave);
            });
    assertThatThrownBy(() -> gate.close(StripedGate.FOR_EVER)).hasMessageContaining("own request");
    leaving.get(20, TimeUnit.SECONDS);
    gate.leave(own);
    assertThat(gate.inFlight()).isZero();
  }

  @Test
  void failedRefusesAllAndWakesTheWaiting() throws Exception {
    gate.close(SECONDS);
    CompletableFuture<Long> waiting = CompletableFuture.supplyAsync(gate::enter);
    gate.fail(new BlockException(ErrorCode.NODE_FAILED, "node 'n' is down"));
    assertThat(waiting.handle((t, e) -> e.getCause()).get(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NODE_FAILED));
    assertThatThrownBy(gate::tryEnter).hasMessage("node 'n' is down");
    gate.open();
    assertThatThrownBy(gate::enter).hasMessage("node 'n' is down");
    assertThat(gate.inFlight()).isZero();
    gate.recover();
    gate.leave(gate.enter());
  }

  @Test
  void setTakesAllOrNone() throws Exception {
    StripedGate second = new StripedGate("device 'e'", waits);
    TicketSet both = new TicketSet(List.of(gate, second));
    second.close(SECONDS);
    Thread waiting =
        new Thread(
            () -> {
              long[] tickets = new long[both.size()];
              both.enter(tickets);
              both.leave(tickets);
            });
    waiting.start();
    while (waiting.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    // It must not hold the first while it waits for the second.
    gate.close(1_000_000);
    assertThat(waiting.isAlive()).isTrue();
    second.open();
    gate.open();
    waiting.join();
    assertThat(gate.inFlight() + second.inFlight()).isZero();
    second.fail(new BlockException(ErrorCode.CLOSED, "gone"));
    assertThatThrownBy(() -> both.enter(new long[2])).hasMessage("gone");
    assertThat(gate.inFlight()).isZero();
  }

  @Test
  void nobodyIsInsideWhileItIsClosedUnderManyThreads() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger plain = new AtomicInteger();
    CountDownLatch stop = new CountDownLatch(1);
    List<CompletableFuture<Long>> workers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      workers.add(onThread(() -> enterAndLeave(inside, stop)));
    }
    for (int round = 0; round < 400; round++) {
      // Somebody must come in while it is open, or the round shows nothing.
      int before = entries.get();
      while (entries.get() == before) {
        Thread.onSpinWait();
      }
      gate.close(StripedGate.FOR_EVER);
      for (int look = 0; look < 200; look++) {
        plain.addAndGet(inside.get());
      }
      gate.open();
    }
    stop.countDown();
    long entered = 0;
    for (CompletableFuture<Long> worker : workers) {
      entered += worker.get(20, TimeUnit.SECONDS);
    }
    assertThat(plain).hasValue(0);
    assertThat(entered).isPositive();
    assertThat(gate.inFlight()).isZero();
  }

  private long enterAndLeave(AtomicInteger inside, CountDownLatch stop) {
    long n = 0;
    while (stop.getCount() > 0) {
      long ticket = gate.enter();
      inside.incrementAndGet();
      entries.incrementAndGet();
      inside.decrementAndGet();
      gate.leave(ticket);
      n++;
    }
    return n;
  }

  private CompletableFuture<Long> onThread(java.util.function.Supplier<Long> body) {
    CompletableFuture<Long> result = new CompletableFuture<>();
    waits.start(
        "worker",
        () -> {
          try {
            result.complete(body.get());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }
}
