package io.ashlar.engine.reopen;

import akka.actor.Cancellable;
import akka.event.LoggingAdapter;
import akka.testkit.ExplicitlyTriggeredScheduler;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** Akka's timers, which fire when a test says so; named in the configuration of an engine. */
public final class ManualTimers extends ExplicitlyTriggeredScheduler {
  private static final AtomicReference<ManualTimers> LATEST = new AtomicReference<>();

  private static final FiniteDuration LONGEST_LIMIT = FiniteDuration.create(61, TimeUnit.SECONDS);

  /** Limits of steps that run. */
  private final AtomicInteger limits = new AtomicInteger();

  /** Called by Akka. */
  public ManualTimers(Config config, LoggingAdapter log, ThreadFactory threads) {
    super(config, log, threads);
    LATEST.set(this);
  }

  /** Those of the engine that was started last. */
  static ManualTimers latest() {
    return LATEST.get();
  }

  @Override
  public Cancellable scheduleOnce(
      FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
    if (delay.gt(LONGEST_LIMIT)) {
      return super.scheduleOnce(delay, runnable, executor);
    }
    AtomicBoolean over = new AtomicBoolean();
    limits.incrementAndGet();
    Cancellable real =
        super.scheduleOnce(
            delay,
            () -> {
              end(over);
              runnable.run();
            },
            executor);
    return new Cancellable() {
      @Override
      public boolean cancel() {
        end(over);
        return real.cancel();
      }

      @Override
      public boolean isCancelled() {
        return real.isCancelled();
      }
    };
  }

  private void end(AtomicBoolean over) {
    if (over.compareAndSet(false, true)) {
      limits.decrementAndGet();
    }
  }

  /** Waits until a step has a limit that runs, and lets that pass. The caller knows which it is. */
  void passTheLimit() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (limits.get() == 0) {
      if (System.nanoTime() > end) {
        throw new AssertionError("no step has a limit");
      }
      Thread.onSpinWait();
    }
    timePasses(LONGEST_LIMIT);
  }
}
