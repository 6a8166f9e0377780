package io.ashlar.tests.mutants;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Makes a mutant and says whether its test notices.
 *
 * <p>The test first runs by the same way over the source as it is, and has to pass: so a failure
 * means the mutant and nothing about loaders, tools or the machine.
 */
final class Judge implements AutoCloseable {
  /** What came of a mutant. */
  sealed interface Verdict {
    /**
     * The test failed.
     *
     * @param millis how long making the mutant and running its test took: the processor's time if
     *     that is less than the clock's, for others may be busy on the machine
     */
    record Caught(Throwable by, long millis) implements Verdict {}

    /** The test passed. */
    record NotCaught() implements Verdict {}

    /** The test needs something that this machine does not have. */
    record Skipped() implements Verdict {}
  }

  /** A mutant that says nothing: it cannot be made, or its test does not work without it either. */
  static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unfit(SourceMutant mutant, String why, Throwable cause) {
      super(mutant.name() + " proves nothing: " + why, cause);
    }
  }

  private record Sound(Set<String> files, String test) {}

  private final Path root;
  private final int seconds;
  private final MemoryCompiler compiler = new MemoryCompiler();
  private final Map<Sound, SingleRun.Result> sound = new HashMap<>();

  /**
   * Makes a judge.
   *
   * @param root the root of the project, all modules of which are compiled
   * @param seconds how long a test may take; one that hangs proves nothing, for it may be slow
   */
  Judge(Path root, int seconds) {
    this.root = root;
    this.seconds = seconds;
  }

  /**
   * Judges a mutant.
   *
   * @throws Unfit when nothing can be said of it
   */
  Verdict judge(SourceMutant mutant) {
    SingleRun.Result before =
        sound.computeIfAbsent(
            new Sound(sources(mutant, SourceMutant::sound).keySet(), mutant.test()),
            any -> run(mutant, sources(mutant, SourceMutant::sound)));
    if (!before.failures().isEmpty()) {
      Throwable first = before.failures().get(0);
      throw new Unfit(mutant, mutant.test() + " fails without it: " + first, first);
    }
    if (before.passed() == 0 && before.skipped() == 0) {
      throw new Unfit(mutant, "there is no " + mutant.test() + " in " + mutant.module(), null);
    }
    if (before.passed() == 0) {
      return new Verdict.Skipped();
    }
    long clock = System.nanoTime();
    long processor = processorNanos();
    SingleRun.Result after = run(mutant, sources(mutant, SourceMutant::broken));
    long took = Math.min(System.nanoTime() - clock, processorNanos() - processor);
    after.failures().stream()
        .filter(Judge::isOfLoading)
        .findFirst()
        .ifPresent(
            failure -> {
              throw new Unfit(mutant, "its classes do not fit together: " + failure, failure);
            });
    return after.failures().isEmpty()
        ? new Verdict.NotCaught()
        : new Verdict.Caught(after.failures().get(0), TimeUnit.NANOSECONDS.toMillis(took));
  }

  /** Of this process, all threads. */
  private static long processorNanos() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean known
        ? known.getProcessCpuTime()
        : System.nanoTime();
  }

  private Map<String, String> sources(
      SourceMutant mutant, BiFunction<SourceMutant, Path, Map<String, String>> form) {
    try {
      return form.apply(mutant, root);
    } catch (IllegalStateException e) {
      throw new Unfit(mutant, e.getMessage(), e);
    }
  }

  private SingleRun.Result run(SourceMutant mutant, Map<String, String> sources) {
    Map<String, byte[]> classes;
    try {
      classes = compiler.compile(sources);
    } catch (IllegalStateException e) {
      throw new Unfit(mutant, e.getMessage(), e);
    }
    Path tests = root.resolve(mutant.module()).resolve("target/test-classes");
    ClassLoader libraries = Judge.class.getClassLoader();
    try (ProjectLoader loader = new ProjectLoader(libraries, tests, classes)) {
      String test = mutant.test();
      int hash = test.indexOf('#');
      Class<?> type = loader.loadClass(named(mutant, tests, test.substring(0, hash)));
      return within(mutant, loader, () -> SingleRun.run(type, test.substring(hash + 1)));
    } catch (IOException | ClassNotFoundException e) {
      throw new Unfit(mutant, "cannot load " + mutant.test() + " from " + tests, e);
    }
  }

  /** The whole name of a test class, which the list of mutants names without its package. */
  private static String named(SourceMutant mutant, Path tests, String type) throws IOException {
    if (!Files.isDirectory(tests)) {
      throw new Unfit(mutant, tests + " is not there; build the module with its tests first", null);
    }
    try (Stream<Path> files = Files.walk(tests)) {
      List<Path> found =
          files.filter(file -> file.getFileName().toString().equals(type + ".class")).toList();
      if (found.size() != 1) {
        throw new Unfit(mutant, found.size() + " classes are named " + type, null);
      }
      String path = tests.relativize(found.get(0)).toString();
      return path.substring(0, path.length() - ".class".length()).replace('/', '.');
    }
  }

  /** On a thread of its own, for a broken rule may well make a test wait for ever. */
  private SingleRun.Result within(
      SourceMutant mutant, ClassLoader loader, Supplier<SingleRun.Result> test) {
    CompletableFuture<SingleRun.Result> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(test.get());
              } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
              }
            },
            mutant.name());
    thread.setDaemon(true);
    thread.setContextClassLoader(loader);
    thread.start();
    try {
      return result.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new Unfit(mutant, mutant.test() + " does not end in " + seconds + " s", e);
    } catch (ExecutionException e) {
      throw new Unfit(mutant, mutant.test() + " cannot be run", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unfit(mutant, "interrupted", e);
    }
  }

  private static boolean isOfLoading(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof LinkageError || at instanceof ClassNotFoundException) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    compiler.close();
  }
}
