package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Job.Progress;
import io.ashlar.engine.api.Reply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits.WaitThread;
import io.ashlar.spi.contract.VirtualTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of jobs that end together, in as many orders as the seeds of virtual time give. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SAME_THREAD) // virtual time knows its maker
class JobGroupTest {
  private static final int SEEDS = 200;

  private static JobCore job(String id, VirtualTime time) {
    return new JobCore(
        new JobCore.Identity(id, "backup", false),
        0,
        () -> new Progress(0, 1),
        new JobCore.Setting(time, time, event -> {}, new Direct()));
  }

  private static final class Direct implements ReplyMaker {
    @Override
    public <T> Reply<T> reply(String what, Supplier<CompletionStage<T>> call) {
      return new Reply<>(call.get(), what, Duration.ofSeconds(1));
    }
  }

  /** What a job that has arrived sees decides over its bitmap. */
  @Test
  void whoArrivesWhileAnotherFailsHasItsError() {
    for (int seed = 0; seed < SEEDS; seed++) {
      VirtualTime time = new VirtualTime(seed);
      JobGroup group = new JobGroup(time);
      JobCore done = job("done", time);
      JobCore failing = job("failing", time);
      group.join(done);
      group.join(failing);
      AtomicReference<Optional<BlockException>> seen = new AtomicReference<>();
      BlockException error = new BlockException(ErrorCode.CANCELLED, "cancelled");
      WaitThread arriving =
          time.start(
              "arriving",
              () -> {
                group.arrive(done);
                seen.set(done.error());
              });
      WaitThread ending =
          time.start(
              "ending",
              () -> {
                failing.fail(error);
                group.fail(failing, error);
              });
      assertThat(arriving.join(Long.MAX_VALUE)).isTrue();
      assertThat(ending.join(Long.MAX_VALUE)).isTrue();
      assertThat(seen.get()).as("seed " + seed).isPresent();
      assertThat(seen.get().orElseThrow()).hasMessageContaining("job 'failing' of the same");
    }
  }

  @Test
  void whoArrivesLastLetsAllEndWell() {
    for (int seed = 0; seed < SEEDS; seed++) {
      VirtualTime time = new VirtualTime(seed);
      JobGroup group = new JobGroup(time);
      JobCore one = job("one", time);
      JobCore other = job("other", time);
      group.join(one);
      group.join(other);
      WaitThread first = time.start("first", () -> group.arrive(one));
      WaitThread second = time.start("second", () -> group.arrive(other));
      assertThat(first.join(Long.MAX_VALUE)).isTrue();
      assertThat(second.join(Long.MAX_VALUE)).isTrue();
      assertThat(one.error()).as("seed " + seed).isEmpty();
      assertThat(other.error()).as("seed " + seed).isEmpty();
    }
  }
}
