package io.ashlar.engine.job;

import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Reply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitCondition;
import io.ashlar.spi.Waits.WaitLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
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
final class JobCore implements Job {
  /**
   * What jobs of an engine share.
   *
   * @param waits what they wait through
   * @param clock time
   * @param events where events go
   * @param replies makes replies
   */
  record Setting(Waits waits, Clock clock, Consumer<Event> events, ReplyMaker replies) {}

  private final String id;
  private final String type;
  private final Setting setting;
  private final WaitLock lock;
  private final WaitCondition changed;
  private final Outbox outbox = new Outbox();
  private final List<ProgressListener> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Long> result = new CompletableFuture<>();
  private final CompletableFuture<Void> concluded = new CompletableFuture<>();
  private final Reply<Long> resultReply;

  // All below: under the lock.
  private final Pace pace = new Pace();
  private final List<CompletableFuture<Void>> pausing = new ArrayList<>();
  private int steps;
  private boolean pauseWanted;
  private boolean ending;
  private BlockException error;

  private volatile Status status = Status.CREATED;
  private volatile Progress last;

  /** Null once there is {@link #last}, so that an ended job holds nothing. */
  private volatile Supplier<Progress> measure;

  /**
   * A job that does not run yet.
   *
   * @param speed bytes a second, 0 for no limit
   * @param measure tells how far it is; asked until it has concluded
   */
  JobCore(String id, String type, long speed, Supplier<Progress> measure, Setting setting) {
    this.id = id;
    this.type = type;
    this.setting = setting;
    this.measure = measure;
    lock = setting.waits().newLock();
    changed = lock.newCondition();
    pace.limit(speed);
    resultReply = setting.replies().reply("job '" + id + "'", () -> result);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public Status status() {
    return status;
  }

  @Override
  public Progress progress() {
    Supplier<Progress> asked = measure; // before last: without it there is a last
    Progress known = last;
    return known == null ? asked.get() : known;
  }

  @Override
  public Reply<Long> result() {
    return resultReply;
  }

  @Override
  public void onProgress(Duration every, Executor executor, Consumer<Progress> listener) {
    ProgressListener added =
        new ProgressListener(id, every, setting.clock().nanoTime(), executor, listener);
    locked(
        () -> {
          if (last == null) {
            listeners.add(added);
          } else {
            outbox.add(() -> added.tell(last));
          }
        });
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
          pace.limit(bytesPerSecond);
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
          pauseWanted = true;
          pausing.add(done);
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
              return concluded;
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
        long wait = pauseWanted ? Long.MAX_VALUE : pace.waitAt(now);
        if (wait <= 0) {
          pace.charge(now, bytes);
          steps++;
          return true;
        }
        if (pauseWanted) {
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
    for (ProgressListener listener : listeners) {
      if (listener.due(now)) {
        Progress progress = progress();
        outbox.add(() -> listener.tell(progress));
      }
    }
    locked(
        () -> {
          steps--;
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
          last = new Progress(0, 0);
          measure = null;
          status = Status.CONCLUDED;
          outbox.add(() -> settle(last, failure, null));
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
          last = done;
          measure = null;
          pausing.forEach(
              waiting -> outbox.add(() -> waiting.completeExceptionally(wrongState("be paused"))));
          pausing.clear();
          become(Status.CONCLUDED);
          String text = failure == null ? null : failure.getMessage();
          listeners.forEach(listener -> outbox.add(() -> listener.tell(done)));
          listeners.clear();
          outbox.add(() -> setting.events().accept(new Event.JobEnded(id, done, text)));
          outbox.add(() -> settle(done, failure, untidy));
        });
  }

  private void settle(Progress done, BlockException failure, BlockException untidy) {
    if (failure == null) {
      result.complete(done.current());
    } else {
      result.completeExceptionally(failure);
    }
    if (untidy == null) {
      concluded.complete(null);
    } else {
      concluded.completeExceptionally(untidy);
    }
  }

  private void stop(BlockException failure) {
    if (error != null || status == Status.CONCLUDED) {
      return;
    }
    error = failure;
    unpause();
    become(Status.ABORTING);
    changed.signalAll();
  }

  private void unpause() {
    if (!pauseWanted) {
      return;
    }
    pauseWanted = false;
    pausing.forEach(waiting -> outbox.add(() -> waiting.complete(null)));
    pausing.clear();
    if (status == Status.PAUSED) {
      become(Status.RUNNING);
    }
    changed.signalAll();
  }

  private void pausedIfIdle() {
    if (!pauseWanted || steps > 0 || status == Status.CREATED) {
      return;
    }
    if (status == Status.RUNNING) {
      become(Status.PAUSED);
    }
    pausing.forEach(waiting -> outbox.add(() -> waiting.complete(null)));
    pausing.clear();
  }

  private void become(Status next) {
    status = next;
    outbox.add(() -> setting.events().accept(new Event.JobStatusChanged(id, next)));
  }

  private void requireUnfinished(String what) {
    if (ending || error != null || status == Status.CONCLUDED) {
      throw wrongState(what);
    }
  }

  private BlockException wrongState(String what) {
    return new BlockException(
        ErrorCode.JOB_STATE, "job '" + id + "' has ended or is about to, and cannot " + what);
  }

  private void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
    outbox.drain();
  }
}
