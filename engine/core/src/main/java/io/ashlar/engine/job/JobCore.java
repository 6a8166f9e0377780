package io.ashlar.engine.job;

import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Reply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The state of a job, whatever it does. Its work is made of steps: {@link #enter} before a step
 * waits for pause and speed limit and says whether to go on; {@link #leave} after it. So a pause is
 * complete when no step is under way, and policy is waited for without a ticket of the graph.
 *
 * <p>The states: CREATED, RUNNING, PAUSED and back, ABORTING once it failed or was cancelled,
 * CONCLUDED. Events and listeners are called in the order of what happened and under no lock.
 */
final class JobCore extends JobState implements Job {
  /**
   * What jobs of an engine share.
   *
   * @param waits what they wait through
   * @param clock time
   * @param events where events go
   * @param replies makes replies
   */
  record Setting(Waits waits, Clock clock, Consumer<Event> events, ReplyMaker replies) {}

  /**
   * Which job it is.
   *
   * @param type QMP's word
   * @param autoDismiss nobody wants it listed when it has ended
   */
  record Identity(String id, String type, boolean autoDismiss) {}

  private final Identity identity;
  private final String id;
  private final Setting setting;
  private final JobProgress progress;
  private final JobEnd end = new JobEnd();
  private final Reply<Long> resultReply;

  /**
   * A job that does not run yet.
   *
   * @param speed bytes a second, 0 for no limit
   * @param measure tells how far it is; asked until it has concluded
   */
  JobCore(Identity identity, long speed, Supplier<Progress> measure, Setting setting) {
    super(identity.id(), speed, setting.waits(), setting.events());
    this.identity = identity;
    this.id = identity.id();
    this.setting = setting;
    this.progress = new JobProgress(measure);
    resultReply = setting.replies().reply("job '" + id + "'", end::result);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String type() {
    return identity.type();
  }

  @Override
  public Status status() {
    return status;
  }

  @Override
  public Progress progress() {
    return progress.now();
  }

  /** Whether it belongs into lists of jobs. */
  boolean listed() {
    return !identity.autoDismiss() || status != Status.CONCLUDED;
  }

  @Override
  public Reply<Long> result() {
    return resultReply;
  }

  @Override
  public void onProgress(Duration every, Executor executor, Consumer<Progress> listener) {
    ProgressListener added =
        new ProgressListener(id, every, setting.clock().nanoTime(), executor, listener);
    locked(() -> progress.add(added, outbox));
  }

  @Override
  public void setSpeed(long bytesPerSecond) {
    if (bytesPerSecond < 0) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "the speed of job '" + id + "' is 0 or more bytes a second, not " + bytesPerSecond);
    }
    locked(
        () -> {
          requireUnfinished("change its speed");
          steps.limit(bytesPerSecond);
          changed.signalAll();
        });
  }

  @Override
  public Reply<Void> pause() {
    return setting.replies().reply("pausing job '" + id + "'", this::pauseStage);
  }

  private CompletionStage<Void> pauseStage() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    locked(
        () -> {
          requireUnfinished("be paused");
          steps.pause(done);
          changed.signalAll();
          pausedIfIdle();
        });
    return done;
  }

  @Override
  public Reply<Void> resume() {
    return setting
        .replies()
        .reply(
            "resuming job '" + id + "'",
            () -> {
              locked(
                  () -> {
                    requireUnfinished("be resumed");
                    unpause();
                  });
              return CompletableFuture.completedFuture(null);
            });
  }

  @Override
  public Reply<Void> cancel() {
    return setting
        .replies()
        .reply(
            "cancelling job '" + id + "'",
            () -> {
              locked(
                  () -> {
                    if (status == Status.CONCLUDED) {
                      throw wrongState("be cancelled");
                    }
                    if (!ending) {
                      stop(
                          new BlockException(
                              ErrorCode.CANCELLED, "job '" + id + "' was cancelled"));
                    }
                  });
              return end.concluded();
            });
  }

  /** The work begins; a job that was cancelled before stays as it is. */
  void running() {
    locked(
        () -> {
          if (status == Status.CREATED) {
            become(Status.CREATED); // announced only now: a job that is refused was never there
            become(Status.RUNNING);
            pausedIfIdle();
          }
        });
  }

  /**
   * Waits until a step may start. The caller holds no ticket.
   *
   * @param bytes what the step counts for the speed limit
   * @return false when the job is to end instead; then there is no {@link #leave}
   */
  boolean enter(long bytes) {
    lock.lock();
    try {
      while (error == null) {
        long now = setting.clock().nanoTime();
        long wait = steps.pauseWanted() ? Long.MAX_VALUE : steps.waitAt(now);
        if (wait <= 0) {
          steps.start(now, bytes);
          return true;
        }
        if (steps.pauseWanted()) {
          changed.await();
        } else {
          changed.awaitNanos(wait);
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** A step has ended, well or not. */
  void leave() {
    long now = setting.clock().nanoTime();
    progress.tellDue(now, outbox);
    locked(
        () -> {
          steps.end();
          pausedIfIdle();
        });
  }

  /**
   * Waits for the end, at most that long.
   *
   * @return false when the job is to end
   */
  boolean idle(long nanos) {
    lock.lock();
    try {
      if (error == null) {
        changed.awaitNanos(nanos);
      }
      return error == null;
    } finally {
      lock.unlock();
    }
  }

  /** Something went wrong: all steps stop. The first error is the job's. */
  void fail(BlockException failure) {
    locked(() -> stop(failure));
  }

  /** Why it failed, or CANCELLED. */
  Optional<BlockException> error() {
    lock.lock();
    try {
      return Optional.ofNullable(error);
    } finally {
      lock.unlock();
    }
  }

  /** The work is done or given up, and is about to be tidied up: too late for pause and cancel. */
  void ending() {
    locked(
        () -> {
          ending = true;
          unpause();
        });
  }

  /**
   * As {@link #ending}, unless it failed or was cancelled before.
   *
   * @return whether it ends well so far
   */
  boolean endingUnlessFailed() {
    lock.lock();
    try {
      ending |= error == null;
    } finally {
      lock.unlock();
    }
    locked(this::unpause);
    return error().isEmpty();
  }

  /** Waits until the condition holds, told by {@link #wake}, or the job has an error. */
  void await(BooleanSupplier condition) {
    lock.lock();
    try {
      while (error == null && !condition.getAsBoolean()) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A condition that {@link #await} waits for may hold. */
  void wake() {
    locked(changed::signalAll);
  }

  /** It was refused and never ran: nobody hears of it but those who wait for it. */
  void refuse(BlockException failure) {
    locked(
        () -> {
          progress.end(new Progress(0, 0));
          status = Status.CONCLUDED;
          outbox.add(() -> end.settle(0, failure, null));
        });
  }

  /**
   * It is over.
   *
   * @param done how far it came; {@code current} is what {@link #result} gives
   * @param failure or {@code null} for success
   * @param untidy what could not be tidied up, which one who cancels hears of, or {@code null}
   */
  void conclude(Progress done, BlockException failure, BlockException untidy) {
    locked(
        () -> {
          if (status == Status.CONCLUDED) {
            return;
          }
          progress.end(done);
          steps.refuse(wrongState("be paused"), outbox);
          become(Status.CONCLUDED);
          String text = failure == null ? null : failure.getMessage();
          progress.tellEnd(outbox);
          outbox.add(() -> setting.events().accept(new Event.JobEnded(id, done, text)));
          outbox.add(() -> end.settle(done.current(), failure, untidy));
        });
  }
}
