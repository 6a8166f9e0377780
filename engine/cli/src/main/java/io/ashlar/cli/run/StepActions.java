package io.ashlar.cli.run;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.engine.command.CommandSpec;
import io.ashlar.engine.option.Sizes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Options;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** What the steps do. Background steps are kept by name until somebody waits for them. */
final class StepActions implements AutoCloseable {
  private static final Duration BAR = Duration.ofMillis(200);
  private static final Duration FOR_EVER = Duration.ofDays(36500);

  private final Ashlar engine;
  private final CommandSet commands;
  private final References references;
  private final ChildSettings children;
  private final Report report;
  private final Cancellation cancellation;
  private final AtomicInteger devices = new AtomicInteger();
  private final Map<String, Background> background = new LinkedHashMap<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "ashlar-run-guest");
            thread.setDaemon(true);
            return thread;
          });

  /** What a step left running. */
  private record Background(Step step, Future<String> guest, List<String> jobIds) {}

  /**
   * The end of a step.
   *
   * @param text what there is to say, or {@code null}
   * @param answer the command's answer, or {@code null}
   * @param started it goes on in the background
   */
  record Done(String text, Object answer, boolean started) {
    static Done saying(String text) {
      return new Done(text, null, false);
    }
  }

  StepActions(
      Ashlar engine,
      References references,
      ChildSettings children,
      Report report,
      Cancellation cancellation) {
    this.engine = engine;
    this.children = children;
    this.commands = new CommandSet(engine);
    this.references = references;
    this.report = report;
    this.cancellation = cancellation;
  }

  /** Ends the helpers of background steps; their devices are closed with the engine. */
  @Override
  public void close() {
    threads.shutdownNow();
  }

  /** The steps that nobody has waited for. */
  List<Step> running() {
    return new ArrayList<>(background.values().stream().map(Background::step).toList());
  }

  /** Carries a step out. */
  Done run(Step step) {
    cancellation.check();
    Map<String, Object> arguments = Lengths.fill(step.arguments(), this::length);
    if (!RunnerCommands.names().contains(step.command())) {
      return command(step, arguments);
    }
    RunnerCommands.Checked checked = RunnerCommands.check(step.command(), arguments);
    Options values = checked.values();
    return switch (step.command()) {
      case "write", "read", "write-zeroes", "discard" -> guest(step, values);
      case "flush" -> {
        try (BlockDevice device = attach(values.string("node"), false)) {
          device.flush();
        }
        yield Done.saying(null);
      }
      case "compare" ->
          Done.saying(
              new CompareStep(engine, cancellation)
                  .run(checked.objects().get("a"), checked.objects().get("b")));
      case "expect" -> Done.saying(expect(values, checked.objects()));
      case "wait-job" -> join(values.string("id"));
      case RunnerCommands.CRASH -> Done.saying(new CrashStep(children, threads).run(step, values));
      case RunnerCommands.QEMU_IO ->
          Done.saying(QemuIoStep.run(values, (List<?>) checked.objects().get("commands")));
      case "print" -> Done.saying(values.string("text"));
      default -> throw new IllegalStateException(step.command());
    };
  }

  /** Waits for a background step or a job. */
  Done join(String id) {
    Background waited = background.remove(id);
    if (waited == null) {
      for (Background one : background.values()) {
        if (one.jobIds().contains(id)) {
          background.remove(one.step().handle());
          waited = one;
          break;
        }
      }
    }
    if (waited != null && waited.guest() != null) {
      return Done.saying(guestResult(waited.guest()));
    }
    Step step = waited == null ? null : waited.step();
    return Done.saying(await(waited == null ? List.of(id) : waited.jobIds(), step));
  }

  private long length(String node) {
    return engine.graph().node(node).await().length();
  }

  private Done command(Step step, Map<String, Object> given) {
    Map<String, Object> arguments =
        step.command().equals("blockdev-add") ? references.complete(given) : given;
    String remark = null;
    Object answer;
    if (step.onInconsistent() == Step.OnInconsistent.FULL) {
      BackupStep.Begun begun = new BackupStep(engine, commands).begin(arguments);
      answer = begun.answer();
      remark = begun.remark();
    } else {
      answer = commands.execute(step.command(), arguments);
    }
    boolean job = CommandSet.spec(step.command()).map(CommandSpec::startsJob).orElse(false);
    if (!job) {
      return new Done(summary(answer), answer, false);
    }
    List<String> ids = jobIds((Map<?, ?>) answer);
    if (ids.isEmpty()) {
      return new Done(null, answer, false);
    }
    if (step.background()) {
      background.put(step.handle(), new Background(step, null, ids));
      return new Done(remark, answer, true);
    }
    String copied = await(ids, step);
    return new Done(remark == null ? copied : remark + "; " + copied, null, false);
  }

  private static List<String> jobIds(Map<?, ?> answer) {
    if (answer.get("job-ids") instanceof List<?> several) {
      return several.stream().map(String::valueOf).toList();
    }
    return answer.containsKey("job-id") ? List.of(String.valueOf(answer.get("job-id"))) : List.of();
  }

  /** Waits for all of them; the first failure, in their order, is the step's. */
  private String await(List<String> ids, Step step) {
    List<Job> jobs = ids.stream().map(engine.jobs()::get).toList();
    List<String> texts = new ArrayList<>();
    BlockException failure = null;
    for (Job job : jobs) {
      try {
        texts.add((jobs.size() > 1 ? job.id() + ": " : "") + await(job, step));
      } catch (BlockException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return String.join(", ", texts);
  }

  /** What a reopen did, in a few words; nothing for other commands. */
  private static String summary(Object answer) {
    if (answer instanceof Map<?, ?> map && map.get("nodes") instanceof List<?> nodes) {
      long changed =
          nodes.stream()
              .filter(n -> n instanceof Map<?, ?> node && "committed".equals(node.get("outcome")))
              .count();
      return changed + (changed == 1 ? " node changed" : " nodes changed");
    }
    return null;
  }

  private String await(Job job, Step step) {
    if (step != null) {
      job.onProgress(BAR, this::unlessClosed, progress -> report.progress(step, progress));
    }
    long bytes = job.result().await(FOR_EVER);
    return bytes + " bytes copied (" + Sizes.human(bytes) + ")";
  }

  /** A job may tell of its end when nobody listens any more. */
  private void unlessClosed(Runnable task) {
    if (!threads.isShutdown()) {
      try {
        threads.execute(task);
      } catch (RejectedExecutionException closed) {
        // closed a moment ago
      }
    }
  }

  private Done guest(Step step, Options options) {
    boolean writes = !step.command().equals("read");
    BlockDevice device = attach(options.string("node"), writes);
    if (!step.background()) {
      return Done.saying(guest(step, device, options));
    }
    background.put(
        step.handle(),
        new Background(step, threads.submit(() -> guest(step, device, options)), List.of()));
    return new Done(null, null, true);
  }

  private String guest(Step step, BlockDevice device, Options options) {
    try (device) {
      GuestIo io = new GuestIo(device, options, cancellation);
      return switch (step.command()) {
        case "write" -> io.write();
        case "read" -> io.read();
        case "write-zeroes" -> io.writeZeroes();
        default -> io.discard();
      };
    }
  }

  private BlockDevice attach(String node, boolean writes) {
    String name = "guest-" + devices.incrementAndGet();
    return engine
        .graph()
        .attach(node, writes ? DeviceSettings.writer(name) : DeviceSettings.reader(name))
        .await();
  }

  private static String guestResult(Future<String> guest) {
    try {
      return guest.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BlockException known) {
        throw known;
      }
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BlockException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private String expect(Options values, Map<String, Object> objects) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    if (objects.get("arguments") instanceof Map<?, ?> map) {
      map.forEach((key, value) -> arguments.put((String) key, value));
    }
    Object answer = commands.execute(values.string("query"), arguments);
    Object found = AnswerPath.parse(values.string("path")).in(answer);
    Object wanted = objects.get("value");
    if (!same(found, wanted)) {
      throw new BlockException(
          ErrorCode.EXPECTATION_FAILED,
          values.string("path") + " is " + Json.line(found) + ", not " + Json.line(wanted));
    }
    return values.string("path") + " is " + Json.line(found);
  }

  private static boolean same(Object found, Object wanted) {
    if (found instanceof Number n && wanted instanceof String text) {
      return Sizes.parse(text).equals(OptionalLong.of(n.longValue()));
    }
    return Json.line(found).equals(Json.line(wanted));
  }
}
