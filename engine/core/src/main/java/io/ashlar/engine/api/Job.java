package io.ashlar.engine.api;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A job that runs in the background; QMP's job states, less the ones that need a manual step. */
public interface Job {
  /** QMP's states. */
  enum Status {
    CREATED,
    RUNNING,
    PAUSED,
    ABORTING,
    CONCLUDED
  }

  /**
   * How far a job is, in bytes; the total may grow.
   *
   * @param current done
   * @param total to do
   */
  record Progress(long current, long total) {}

  /** Its id. */
  String id();

  /** QMP's word: {@code backup}, {@code commit}. */
  String type();

  /** Its state now. */
  Status status();

  /** How far it is. */
  Progress progress();

  /** Its end: bytes copied; fails with the job's error, or CANCELLED. */
  Reply<Long> result();

  /** Calls the listener at most that often, and at the end, on the given executor. */
  void onProgress(Duration every, Executor executor, Consumer<Progress> listener);

  /** Bytes a second; 0 is no limit. */
  void setSpeed(long bytesPerSecond);

  /** Stops after the copies in flight. */
  Reply<Void> pause();

  /** Goes on. */
  Reply<Void> resume();

  /** Ends it; the result fails with CANCELLED. The target stays, incomplete. */
  Reply<Void> cancel();
}
