package io.ashlar.engine.facade;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads of an engine: daemons named {@code ashlar-ENGINE-POOL-N}. A task never waits for a
 * task of its own pool. Callbacks of embedders run on their own executors, or on the callback pool
 * where they gave none.
 */
final class EngineThreads implements AutoCloseable {
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor drivers;
  private final ThreadPoolExecutor control;
  private final ThreadPoolExecutor jobs;
  private final ThreadPoolExecutor journals;
  private final ThreadPoolExecutor callbacks;

  EngineThreads(String engine, int driverThreads, int jobThreads, int journalThreads) {
    drivers = queued(engine, "driver", driverThreads);
    control = queued(engine, "control", 2);
    journals = queued(engine, "journal", journalThreads);
    jobs =
        new ThreadPoolExecutor(
            0,
            jobThreads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            named(engine, "job"),
            (task, pool) -> {
              throw new BlockException(
                  ErrorCode.LIMIT_EXCEEDED,
                  jobThreads + " jobs run already; raise ashlar.threads.jobs or wait for one");
            });
    callbacks = queued(engine, "callback", 2);
    // After the engine was closed, a reply that is still asked for must come all the same.
    callbacks.setRejectedExecutionHandler((task, pool) -> task.run());
  }

  private static ThreadPoolExecutor queued(String engine, String pool, int threads) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named(engine, pool));
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  private static ThreadFactory named(String engine, String pool) {
    AtomicLong number = new AtomicLong();
    return task -> {
      Thread thread =
          new Thread(task, "ashlar-" + engine + "-" + pool + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  EngineParts.Pools pools() {
    return new EngineParts.Pools(drivers, control, jobs, journals, callbacks);
  }

  @Override
  public void close() {
    drivers.shutdown();
    control.shutdown();
    jobs.shutdown();
    journals.shutdown();
    callbacks.shutdown();
  }
}
