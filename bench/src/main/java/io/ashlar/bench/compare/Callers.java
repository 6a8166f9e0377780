package io.ashlar.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that do requests at the same time, and the time they took. */
final class Callers {
  /** Requests between two looks at the clock. */
  private static final int BATCH = 64;

  private Callers() {}

  /** One caller's requests. */
  @FunctionalInterface
  interface Request {
    /**
     * Does one request.
     *
     * @param index 0, 1, 2 ... for each caller
     */
    void run(long index);
  }

  /** Makes the requests of a caller, on its own thread. */
  @FunctionalInterface
  interface RequestFactory {
    /** The requests of caller number {@code caller}. */
    Request of(int caller);
  }

  /** Requests a second that so many callers do together for about that long. */
  static double rate(int callers, double seconds, RequestFactory requests) {
    long nanos = (long) (seconds * 1e9);
    return run(callers, requests, (done, start) -> System.nanoTime() - start < nanos, () -> {});
  }

  /** Requests a second over a fixed number for each caller, with what comes at the end. */
  static double rateOf(int callers, long each, RequestFactory requests, Runnable end) {
    return run(callers, requests, (done, start) -> done < each, end);
  }

  private interface Going {
    boolean on(long done, long start);
  }

  private static double run(int callers, RequestFactory requests, Going going, Runnable end) {
    long[] start = new long[1];
    long[] done = new long[callers];
    AtomicReference<Throwable> failure = new AtomicReference<>();
    // The clock starts in the barrier's action: a thread that starts it after the barrier may get
    // its turn only when half of the work is done.
    CyclicBarrier barrier = new CyclicBarrier(callers, () -> start[0] = System.nanoTime());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      int caller = i;
      Thread thread =
          new Thread(
              () -> {
                try {
                  Request request = requests.of(caller);
                  barrier.await();
                  done[caller] = loop(request, going, start[0]);
                } catch (InterruptedException | BrokenBarrierException | RuntimeException e) {
                  failure.compareAndSet(null, e);
                  barrier.reset();
                }
              },
              "bench-" + i);
      thread.start();
      threads.add(thread);
    }
    threads.forEach(Callers::join);
    if (failure.get() != null) {
      throw new CompareException("a caller failed: " + failure.get(), failure.get());
    }
    end.run();
    double seconds = (System.nanoTime() - start[0]) / 1e9;
    long sum = 0;
    for (long count : done) {
      sum += count;
    }
    return sum / seconds;
  }

  private static long loop(Request request, Going going, long start) {
    long done = 0;
    while (going.on(done, start)) {
      for (int i = 0; i < BATCH; i++) {
        request.run(done++);
      }
    }
    return done;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompareException("interrupted", e);
    }
  }
}
