package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.NodeStatistics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;

/** An image that is open, and threads that write to it until they are told to end. */
final class Guest implements AutoCloseable {
  private final Ashlar engine;
  private final String node;
  private final BlockDevice device;
  private final LongAdder done = new LongAdder();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ending;

  /**
   * Opens an image.
   *
   * @param journal the value of the node's option, such as {@code off}; {@code null} for beside
   */
  Guest(Ashlar engine, String node, Path image, String journal) {
    this.engine = engine;
    this.node = node;
    NodeDefinition file =
        NodeDefinition.of("file", node + "-file").with("filename", image.toString());
    NodeDefinition disk = NodeDefinition.of("qcow2", node).with("file", file);
    engine.graph().add(journal == null ? disk : disk.with("journal", journal)).await();
    device = engine.graph().attach(node, DeviceSettings.writer(node + "-guest")).await();
  }

  BlockDevice device() {
    return device;
  }

  /** One request. */
  interface Request {
    void run();
  }

  /** Lets so many threads do requests one after the other. */
  void start(int callers, IntFunction<Request> requests) {
    ending = false;
    for (int i = 0; i < callers; i++) {
      Request request = requests.apply(i);
      Thread thread = new Thread(() -> work(request), node + "-" + i);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  private void work(Request request) {
    try {
      while (!ending) {
        request.run();
        done.increment();
      }
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Ends the threads. */
  void stop() throws InterruptedException {
    ending = true;
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
    if (failure.get() != null) {
      throw new IllegalStateException("a caller failed", failure.get());
    }
  }

  /**
   * A moment.
   *
   * @param nanos when
   * @param requests done so far
   * @param journal what the journal cost so far
   */
  record Mark(long nanos, long requests, NodeStatistics.Journal journal) {
    double rateUntil(Mark end) {
      return (end.requests - requests) * 1e9 / (end.nanos - nanos);
    }

    /** The share of the time of so many callers that went into waiting for the journal. */
    double waitingUntil(Mark end, int callers) {
      double waited = end.journal.waitedNanos() - journal.waitedNanos();
      return 100 * waited / (end.nanos - nanos) / callers;
    }
  }

  /** This moment. */
  Mark mark() {
    NodeStatistics.Journal journal =
        engine.graph().statistics().await().stream()
            .filter(one -> one.nodeName().equals(node))
            .findFirst()
            .orElseThrow()
            .journal();
    return new Mark(System.nanoTime(), done.sum(), journal);
  }

  /** What happens in so many seconds from now on. */
  Mark after(double seconds) throws InterruptedException {
    Thread.sleep((long) (seconds * 1000));
    return mark();
  }

  @Override
  public void close() {
    device.close();
    engine.graph().remove(node).await();
  }
}
