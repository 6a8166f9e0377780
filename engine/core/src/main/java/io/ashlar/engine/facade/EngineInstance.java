package io.ashlar.engine.facade;

import akka.actor.typed.ActorSystem;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.BlockGraph;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.ImageCheck;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Jobs;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.OpenImage;
import io.ashlar.engine.api.OpenOptions;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.api.TransactionRequest;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.job.JobRegistry;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A running engine. */
final class EngineInstance implements Ashlar {
  private final EngineSettings settings;
  private final ActorSystem<?> system;
  private final EngineThreads threads;
  private final DriverRegistry drivers;
  private final GraphControl control;
  private final GraphFacade graph;
  private final BitmapsFacade bitmaps;
  private final JobRegistry jobs;
  private final EventHub events;
  private final Replies replies;
  private final ImageInspection inspection;
  private final ImageChecks checks;
  private final TransactionFacade transactions;
  private final AutoCloseable idle;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicLong openImages = new AtomicLong();

  EngineInstance(
      EngineSettings settings, EngineThreads threads, DriverRegistry drivers, EngineParts parts) {
    this.settings = settings;
    this.threads = threads;
    this.drivers = drivers;
    this.control = parts.control();
    this.graph = parts.graph();
    this.bitmaps = parts.bitmaps();
    this.jobs = parts.jobs();
    this.events = parts.events();
    this.replies = parts.replies();
    this.system = parts.system();
    this.transactions = new TransactionFacade(control, jobs, replies);
    this.idle = IdleNodes.watch(control, settings.idleSeal());
    this.inspection = new ImageInspection(drivers, control.services().fileIo());
    this.checks = new ImageChecks(control, graph, inspection);
  }

  @Override
  public ImageReport inspect(Path image, String format) {
    requireOpen();
    return inspection.inspect(image, format);
  }

  @Override
  public Reply<ImageCheck> check(Path image, String format, Checkable.Repair repair) {
    requireOpen();
    return replies.reply("the check of '" + image + "'", () -> checks.check(image, format, repair));
  }

  @Override
  public Reply<OpenImage> open(Path image, OpenOptions options) {
    requireOpen();
    String name = "image-" + openImages.incrementAndGet();
    NodeDefinition definition =
        new ChainDefinition(inspection, settings.backingDepth()).of(image, options, name);
    Reply<NodeInfo> added = graph.add(definition);
    DeviceSettings device =
        options.writable() ? DeviceSettings.writer(name) : DeviceSettings.reader(name);
    return replies.reply(
        "opening '" + image + "'",
        () ->
            added
                .toCompletionStage()
                .thenCompose(
                    node ->
                        graph
                            .attach(name, device)
                            .toCompletionStage()
                            .thenApply(attached -> new Image(node, attached))));
  }

  @Override
  public BlockGraph graph() {
    requireOpen();
    return graph;
  }

  @Override
  public Bitmaps bitmaps() {
    requireOpen();
    return bitmaps;
  }

  @Override
  public Jobs jobs() {
    requireOpen();
    return jobs;
  }

  @Override
  public Reply<List<Job>> transaction(TransactionRequest request) {
    requireOpen();
    return transactions.run(request);
  }

  @Override
  public AutoCloseable onEvent(Executor executor, Consumer<Event> listener) {
    requireOpen();
    return events.subscribe(executor, listener);
  }

  private void requireOpen() {
    if (closed.get()) {
      throw new BlockException(ErrorCode.CLOSED, "the engine was closed");
    }
  }

  @Override
  public void close() {
    close(settings.closeTimeOut());
  }

  @Override
  public void close(Duration atMost) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Clock clock = control.services().clock();
    long end = clock.nanoTime() + atMost.toNanos();
    List<BlockException> failures = new ArrayList<>();
    try {
      stopWatching();
      attempt(failures, () -> jobs.cancelAll(left(clock, end)));
      boolean done =
          attempt(
              failures,
              () -> replies.reply("closing the engine", graph::removeAll).await(left(clock, end)));
      if (!done) {
        closeOneByOne(failures, clock, end);
      }
    } finally {
      system.terminate();
      threads.close();
      drivers.close();
    }
    if (!failures.isEmpty()) {
      BlockException first = failures.get(0);
      String all =
          failures.stream()
              .map(Throwable::getMessage)
              .distinct()
              .reduce((a, b) -> a + "; " + b)
              .orElse("");
      throw new BlockException(first.code(), "the engine was closed, but: " + all, first);
    }
  }

  private void stopWatching() {
    try {
      idle.close();
    } catch (Exception e) {
      throw new IllegalStateException("closing throws nothing checked", e);
    }
  }

  /** What could not be closed together is closed by itself, without what could not be kept. */
  private void closeOneByOne(List<BlockException> failures, Clock clock, long end) {
    List<String> parentsFirst = control.runtime().model().parentsFirst(Integer.MAX_VALUE);
    for (String device : List.copyOf(control.runtime().devices().keySet())) {
      attempt(
          failures,
          () ->
              replies
                  .reply("detaching '" + device + "'", () -> control.detach(device))
                  .await(left(clock, end)));
    }
    for (String name : parentsFirst) {
      NodeHandle handle = control.runtime().nodes().get(name);
      if (handle != null) {
        nameLostBitmaps(failures, handle);
        attempt(
            failures,
            () ->
                replies
                    .reply("closing node '" + name + "'", () -> control.forceClose(handle))
                    .await(left(clock, end)));
      }
    }
  }

  private void nameLostBitmaps(List<BlockException> failures, NodeHandle handle) {
    for (BitmapInfo bitmap : handle.core().bitmaps().infos()) {
      if (bitmap.persistent() && bitmap.armed() && !bitmap.inconsistent()) {
        String reason =
            "bitmap '"
                + bitmap.name()
                + "' of node '"
                + handle.core().name()
                + "' could not be stored and counts as inconsistent from now on; take a full backup";
        events.publish(new Event.BitmapLost(handle.core().name(), bitmap.name(), reason));
        failures.add(new BlockException(failures.get(0).code(), reason));
      }
    }
  }

  private static Duration left(Clock clock, long end) {
    return Duration.ofNanos(Math.max(1, end - clock.nanoTime()));
  }

  private static boolean attempt(List<BlockException> failures, Runnable action) {
    try {
      action.run();
      return true;
    } catch (BlockException e) {
      failures.add(e);
      return false;
    }
  }

  private final class Image implements OpenImage {
    private final NodeInfo node;
    private final BlockDevice device;
    private final AtomicBoolean imageClosed = new AtomicBoolean();

    Image(NodeInfo node, BlockDevice device) {
      this.node = node;
      this.device = device;
    }

    @Override
    public NodeInfo node() {
      return node;
    }

    @Override
    public BlockDevice device() {
      return device;
    }

    @Override
    public void close() {
      if (imageClosed.compareAndSet(false, true)) {
        device.close();
        graph.remove(node.nodeName()).await();
      }
    }
  }
}
