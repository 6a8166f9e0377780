package io.ashlar.engine.sim;

import akka.actor.AbstractScheduler;
import akka.actor.Cancellable;
import akka.event.LoggingAdapter;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** Akka's timers in virtual time; named in the configuration. */
public final class SimTimers extends AbstractScheduler {
  /** Called by Akka. */
  public SimTimers(Config config, LoggingAdapter log, ThreadFactory threads) {}

  // Abstract in Akka, though it is deprecated for those who call it.
  @SuppressWarnings("deprecation")
  @Override
  public Cancellable schedule(
      FiniteDuration initialDelay,
      FiniteDuration interval,
      Runnable runnable,
      ExecutionContext executor) {
    throw new UnsupportedOperationException("the engine has no repeated timers");
  }

  @Override
  public Cancellable scheduleOnce(
      FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
    Timers.Timer timer = Sim.INSTANCE.timer(delay.toNanos(), () -> executor.execute(runnable));
    return new Cancellable() {
      @Override
      public boolean cancel() {
        return timer.cancel();
      }

      @Override
      public boolean isCancelled() {
        return timer.isCancelled();
      }
    };
  }

  @Override
  public double maxFrequency() {
    return 1_000_000;
  }
}
