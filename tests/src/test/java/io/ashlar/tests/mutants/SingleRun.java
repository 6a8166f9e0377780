package io.ashlar.tests.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs one method of one test class, whichever loader it came from. */
final class SingleRun implements TestExecutionListener {
  /** Nothing from the class path: this run is inside another one, whose listeners it is none of. */
  private static final LauncherConfig ALONE =
      LauncherConfig.builder()
          .enableTestExecutionListenerAutoRegistration(false)
          .enableLauncherSessionListenerAutoRegistration(false)
          .enableLauncherDiscoveryListenerAutoRegistration(false)
          .enablePostDiscoveryFilterAutoRegistration(false)
          .build();

  /** What became of each of its cases, one for each set of arguments. */
  record Result(int passed, int skipped, List<Throwable> failures) {}

  private final ConcurrentLinkedQueue<TestExecutionResult> ends = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> skips = new ConcurrentLinkedQueue<>();

  private SingleRun() {}

  /** Runs it on the calling thread, whose context class loader should be that of the class. */
  static Result run(Class<?> type, String method) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(type))
            .filters((PostDiscoveryFilter) found -> FilterResult.includedIf(isOf(found, method)))
            .build();
    SingleRun listener = new SingleRun();
    LauncherFactory.create(ALONE).execute(request, listener);
    return listener.result();
  }

  private static boolean isOf(TestDescriptor found, String method) {
    return found
        .getSource()
        .filter(source -> source instanceof MethodSource)
        .map(source -> ((MethodSource) source).getMethodName().equals(method))
        .orElse(false);
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    skips.add(reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
      ends.add(result);
    }
  }

  private Result result() {
    int passed = 0;
    int skipped = skips.size();
    List<Throwable> failures = new ArrayList<>();
    for (TestExecutionResult end : ends) {
      switch (end.getStatus()) {
        case SUCCESSFUL -> passed++;
        case ABORTED -> skipped++;
        case FAILED ->
            failures.add(end.getThrowable().orElseGet(() -> new AssertionError("failed")));
      }
    }
    return new Result(passed, skipped, List.copyOf(failures));
  }
}
