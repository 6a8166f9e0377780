package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Job.Progress;
import io.ashlar.engine.api.Job.Status;
import io.ashlar.engine.api.Reply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits.WaitThread;
import io.ashlar.spi.contract.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The states of a job, in virtual time: hours of a speed limit pass at once. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SAME_THREAD) // virtual time knows its maker
class JobCoreTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MIB = 1 << 20;
  private final BlockException broken = new BlockException(ErrorCode.IO_ERROR, "broken");

  private final VirtualTime time = new VirtualTime(7);
  private final List<Event> events = new ArrayList<>();
  private long done;
  private final JobCore core = core(0);

  private JobCore core(long speed) {
    return new JobCore(
        new JobCore.Identity("j", "backup", false),
        speed,
        () -> new Progress(done, 100),
        new JobCore.Setting(time, time, events::add, new Direct()));
  }

  private static final class Direct implements ReplyMaker {
    @Override
    public <T> Reply<T> reply(String what, Supplier<CompletionStage<T>> call) {
      return new Reply<>(call.get(), what, Duration.ofSeconds(1));
    }
  }

  private static boolean ended(Reply<?> reply) {
    return reply.toCompletionStage().toCompletableFuture().isDone();
  }

  private List<Status> states() {
    return events.stream()
        .filter(Event.JobStatusChanged.class::isInstance)
        .map(e -> ((Event.JobStatusChanged) e).status())
        .toList();
  }

  /** A thread that does steps of one MiB until it is told to stop. */
  private WaitThread worker(JobCore job) {
    return time.start(
        "worker",
        () -> {
          while (job.enter(MIB)) {
            time.sleep(SECOND / 1000);
            done++;
            job.leave();
          }
        });
  }

  @Test
  void aPauseIsCompleteWhenNoStepIsUnderWay() {
    core.running();
    assertThat(core.enter(1)).isTrue();
    assertThat(core.enter(1)).isTrue();
    Reply<Void> pause = core.pause();
    core.leave();
    assertThat(ended(pause)).isFalse();
    assertThat(core.status()).isEqualTo(Status.RUNNING);
    core.leave();
    assertThat(ended(pause)).isTrue();
    assertThat(core.status()).isEqualTo(Status.PAUSED);
    assertThat(ended(core.pause())).isTrue();
    core.resume().await();
    assertThat(states())
        .containsExactly(Status.CREATED, Status.RUNNING, Status.PAUSED, Status.RUNNING);
  }

  @Test
  void noStepStartsWhileAJobIsPaused() {
    core.running();
    core.pause().await();
    WaitThread worker = worker(core);
    time.sleep(3600 * SECOND);
    assertThat(done).isZero();
    core.resume().await();
    time.sleep(SECOND);
    assertThat(done).isPositive();
    core.cancel();
    assertThat(worker.join(SECOND)).isTrue();
  }

  @Test
  void aPauseBeforeTheStartHoldsTheFirstStep() {
    Reply<Void> pause = core.pause();
    assertThat(ended(pause)).isFalse();
    core.running();
    assertThat(ended(pause)).isTrue();
    assertThat(core.status()).isEqualTo(Status.PAUSED);
  }

  @Test
  void theSpeedLimitHoldsForAllThreadsTogether() {
    JobCore limited = core(MIB);
    limited.running();
    List<WaitThread> workers = List.of(worker(limited), worker(limited));
    time.sleep(3600 * SECOND);
    // One at once, then one a second.
    assertThat(done).isBetween(3600L, 3601L);
    limited.setSpeed(4 * MIB);
    time.sleep(100 * SECOND);
    assertThat(done).isBetween(4000L, 4002L);
    limited.cancel();
    workers.forEach(worker -> assertThat(worker.join(SECOND)).isTrue());
  }

  @Test
  void anotherSpeedEndsTheWaitOfTheOldOne() {
    JobCore slow = core(1);
    slow.running();
    WaitThread worker = worker(slow);
    time.sleep(SECOND);
    assertThat(done).isEqualTo(1);
    slow.setSpeed(0);
    time.sleep(SECOND);
    assertThat(done).isGreaterThan(100);
    slow.cancel();
    assertThat(worker.join(SECOND)).isTrue();
  }

  @Test
  void aCancelEndsTheWaitOfPauseAndSpeed() {
    JobCore slow = core(1);
    slow.running();
    WaitThread worker = worker(slow);
    time.sleep(SECOND);
    slow.pause().await();
    Reply<Void> cancel = slow.cancel();
    assertThat(worker.join(SECOND)).isTrue();
    assertThat(slow.status()).isEqualTo(Status.ABORTING);
    assertThat(ended(cancel)).isFalse();
    slow.ending();
    slow.conclude(new Progress(1, 2), slow.error().orElseThrow(), null);
    assertThat(ended(cancel)).isTrue();
    assertThatThrownBy(() -> slow.result().await())
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(slow.progress()).isEqualTo(new Progress(1, 2));
  }

  @Test
  void theFirstErrorIsTheJobs() {
    core.running();
    core.fail(broken);
    core.fail(new BlockException(ErrorCode.NO_SPACE, "later"));
    core.cancel();
    assertThat(core.error()).contains(broken);
    assertThat(core.enter(0)).isFalse();
    core.conclude(new Progress(3, 4), core.error().orElseThrow(), null);
    assertThat(events.get(events.size() - 1))
        .isEqualTo(new Event.JobEnded("j", new Progress(3, 4), "broken"));
  }

  @Test
  void oneWhoCancelsHearsWhatCouldNotBeTidiedUp() {
    core.running();
    Reply<Void> cancel = core.cancel();
    core.conclude(new Progress(0, 0), core.error().orElseThrow(), broken);
    assertThatThrownBy(cancel::await).hasMessage("broken");
  }

  @Test
  void anEndedJobTakesNoOrders() {
    core.running();
    core.ending();
    core.conclude(new Progress(9, 9), null, null);
    assertThat(core.result().await()).isEqualTo(9);
    assertThat(core.status()).isEqualTo(Status.CONCLUDED);
    List<Runnable> orders =
        List.of(core::pause, core::resume, core::cancel, () -> core.setSpeed(1));
    for (Runnable order : orders) {
      assertThatThrownBy(order::run)
          .isInstanceOfSatisfying(
              BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.JOB_STATE));
    }
    assertThat(states()).containsExactly(Status.CREATED, Status.RUNNING, Status.CONCLUDED);
  }

  @Test
  void aCancelThatComesTooLateWaitsForTheSuccess() {
    core.running();
    core.ending();
    Reply<Void> cancel = core.cancel();
    assertThat(core.error()).isEmpty();
    core.conclude(new Progress(9, 9), null, null);
    cancel.await();
    assertThat(core.result().await()).isEqualTo(9);
  }

  @Test
  void aRefusedJobWasNeverThere() {
    Reply<Void> cancel = core.cancel();
    events.clear();
    core.refuse(broken);
    cancel.await();
    assertThat(events).isEmpty();
    assertThatThrownBy(() -> core.result().await()).hasMessage("broken");
  }

  @Test
  void listenersHearNowAndThenAndOfTheEnd() {
    List<Progress> heard = new ArrayList<>();
    core.onProgress(Duration.ofSeconds(10), Runnable::run, heard::add);
    core.running();
    for (int i = 0; i < 35; i++) {
      assertThat(core.enter(0)).isTrue();
      time.sleep(SECOND);
      done++;
      core.leave();
    }
    assertThat(heard)
        .containsExactly(new Progress(10, 100), new Progress(20, 100), new Progress(30, 100));
    core.conclude(new Progress(100, 100), null, null);
    core.onProgress(Duration.ofSeconds(10), Runnable::run, heard::add);
    assertThat(heard.subList(3, 5)).containsExactly(new Progress(100, 100), new Progress(100, 100));
  }

  @Test
  void aListenerMayCallBackAndFail() {
    List<Status> seen = new ArrayList<>();
    core.onProgress(
        Duration.ZERO,
        Runnable::run,
        p -> {
          seen.add(core.status());
          throw new IllegalStateException("a listener's own affair");
        });
    core.running();
    assertThat(core.enter(0)).isTrue();
    core.leave();
    Job job = core;
    assertThat(job.status()).isEqualTo(Status.RUNNING);
    assertThat(seen).containsExactly(Status.RUNNING);
  }
}
