package io.ashlar.engine.reopen;

import akka.event.LoggingAdapter;
import akka.testkit.ExplicitlyTriggeredScheduler;
import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import scala.concurrent.duration.FiniteDuration;

/** Akka's timers, which fire when a test says so; named in the configuration of an engine. */
public final class ManualTimers extends ExplicitlyTriggeredScheduler {
  private static final AtomicReference<ManualTimers> LATEST = new AtomicReference<>();

  /** Called by Akka. */
  public ManualTimers(Config config, LoggingAdapter log, ThreadFactory threads) {
    super(config, log, threads);
    LATEST.set(this);
  }

  /** Those of the engine that was started last. */
  static ManualTimers latest() {
    return LATEST.get();
  }

  void pass(Duration time) {
    timePasses(FiniteDuration.create(time.toMillis(), TimeUnit.MILLISECONDS));
  }
}
