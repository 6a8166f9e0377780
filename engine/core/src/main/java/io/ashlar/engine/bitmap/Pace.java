package io.ashlar.engine.bitmap;

import akka.actor.typed.javadsl.TimerScheduler;
import io.ashlar.engine.bitmap.heat.CrashRules;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * When a directory's actor has the journal of its image hear of it: beats as long as the image has
 * a fence. Timers run only as long.
 */
final class Pace {
  /** Messages to the actor. */
  enum Message {
    START,
    TICK
  }

  /** The image has a fence from now on. */
  static final Message START = Message.START;

  private final TimerScheduler<Object> timers;
  private final NodeBitmaps bitmaps;
  private final Executor drivers;
  private final AtomicBoolean beating = new AtomicBoolean();

  Pace(TimerScheduler<Object> timers, NodeBitmaps bitmaps, Executor drivers) {
    this.timers = timers;
    this.bitmaps = bitmaps;
    this.drivers = drivers;
  }

  /** On the actor's thread; true when it is time to look whether a capture is worth it. */
  boolean on(Message message) {
    return switch (message) {
      case START -> {
        timers.startTimerWithFixedDelay(
            Message.TICK, Message.TICK, Duration.ofNanos(CrashRules.BEAT_NANOS));
        yield false;
      }
      case TICK -> {
        boolean wanted = bitmaps.paced();
        if (wanted) {
          beat();
        } else {
          timers.cancel(Message.TICK);
        }
        yield wanted;
      }
    };
  }

  /** Beside the work of the directory, which may wait for writers. */
  private void beat() {
    if (!beating.compareAndSet(false, true)) {
      execute(bitmaps::beatHangs);
      return;
    }
    boolean begun =
        execute(
            () -> {
              try {
                bitmaps.beat();
              } finally {
                beating.set(false);
              }
            });
    if (!begun) {
      beating.set(false);
    }
  }

  /** False when the engine is going down with its threads. */
  private boolean execute(Runnable task) {
    try {
      drivers.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
