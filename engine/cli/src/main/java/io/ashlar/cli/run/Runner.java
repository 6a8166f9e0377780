package io.ashlar.cli.run;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.ReopenException;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.engine.command.CommandSpec;
import io.ashlar.engine.command.ReopenAccount;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Carries the steps of a graph file out, one after the other, up to the first failure. */
final class Runner {
  /** Stands for lengths that are not known yet while a file is checked. */
  private static final long LIKELY_LENGTH = 1 << 20;

  private final GraphFile file;
  private final Report report;
  private final Cancellation cancellation;
  private RunEvents events;

  Runner(GraphFile file, Report report, Cancellation cancellation) {
    this.file = file;
    this.report = report;
    this.cancellation = cancellation;
  }

  /**
   * Checks all steps that will run as far as that goes without touching anything. Steps that are
   * meant to be refused are left to the engine.
   *
   * @throws ConfigurationException for the first one that is wrong
   */
  void check(OptionChecker checker) {
    check(file.steps(), checker);
  }

  private static void check(List<Step> steps, OptionChecker checker) {
    for (Step step : steps) {
      if (step.skipped() == null && step.expectedError() == null) {
        Map<String, Object> arguments = Lengths.fill(step.arguments(), node -> LIKELY_LENGTH);
        try {
          if (RunnerCommands.names().contains(step.command())) {
            RunnerCommands.definitions(RunnerCommands.check(step.command(), arguments), checker);
          } else {
            CommandSet.check(step.command(), arguments, checker);
          }
        } catch (InvalidOptionException e) {
          throw new ConfigurationException(step.place(e.path()), e.getMessage());
        }
        check(step.inner(), checker);
      }
    }
  }

  /** Makes the directory for results; files that would be overwritten are an error. */
  void prepareOutput() {
    Path directory = file.outputDirectory();
    if (directory == null) {
      return;
    }
    List<String> there = new ArrayList<>();
    for (String name : file.outputFiles()) {
      if (Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        there.add(name);
      }
    }
    if (!there.isEmpty()) {
      throw new ConfigurationException(
          directory.toString(),
          String.join(", ", there)
              + (there.size() == 1 ? " exists" : " exist")
              + " already and will not be overwritten; choose another directory");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new ConfigurationException(
          directory.toString(), "cannot be made a directory: " + e.getMessage());
    }
  }

  /**
   * Runs all steps.
   *
   * @return whether all of them did what was wanted
   */
  boolean run(Ashlar engine, References references, ChildSettings children) {
    try (RunEvents heard = new RunEvents(engine, report);
        StepActions actions = new StepActions(engine, references, children, report, cancellation)) {
      events = heard;
      for (Step step : file.steps()) {
        if (cancellation.isCancelled() || !run(step, engine, actions)) {
          return false;
        }
      }
      return awaitBackground(engine, actions);
    }
  }

  /** Waits for what is still running; its failure is a failure of the run. */
  private boolean awaitBackground(Ashlar engine, StepActions actions) {
    for (Step step : actions.running()) {
      long begun = System.nanoTime();
      StepResult result = attempt(step, () -> actions.join(step.handle()), begun);
      if (!finish(step, result, engine)) {
        return false;
      }
    }
    return true;
  }

  private boolean run(Step step, Ashlar engine, StepActions actions) {
    if (step.skipped() != null) {
      report.end(
          new Report.Ended(step, Report.Outcome.SKIPPED, step.skipped(), null, null, 0, List.of()));
      return true;
    }
    report.begin(step);
    long begun = System.nanoTime();
    return finish(step, attempt(step, () -> actions.run(step), begun), engine);
  }

  private interface Attempt {
    StepActions.Done run();
  }

  /** What became of a step. */
  private record StepResult(
      Report.Outcome outcome, String text, Object answer, Report.Failure error, double seconds) {}

  private StepResult attempt(Step step, Attempt attempt, long begun) {
    try {
      StepActions.Done done = attempt.run();
      double seconds = seconds(begun);
      if (step.expectedError() != null && !done.started()) {
        return new StepResult(
            Report.Outcome.FAILED,
            "it succeeded, but was to be refused with " + step.expectedError(),
            done.answer(),
            new Report.Failure(ErrorCode.EXPECTATION_FAILED, step.place(List.of())),
            seconds);
      }
      Report.Outcome outcome = done.started() ? Report.Outcome.STARTED : Report.Outcome.OK;
      return new StepResult(outcome, done.text(), done.answer(), null, seconds);
    } catch (BlockException e) {
      double seconds = seconds(begun);
      if (e.code() == step.expectedError()) {
        return new StepResult(
            Report.Outcome.REFUSED,
            e.getMessage(),
            account(e),
            new Report.Failure(e.code(), step.place(List.of())),
            seconds);
      }
      List<String> path = e instanceof InvalidOptionException o ? o.path() : List.of();
      return new StepResult(
          Report.Outcome.FAILED,
          e.getMessage() + References.advice(e),
          account(e),
          new Report.Failure(e.code(), step.place(path)),
          seconds);
    }
  }

  /** A reopen that was given up says what happened to each node. */
  private static Object account(BlockException e) {
    return e instanceof ReopenException given ? ReopenAccount.of(given.result()) : null;
  }

  private boolean finish(Step step, StepResult result, Ashlar engine) {
    boolean failed = result.outcome() == Report.Outcome.FAILED;
    List<Report.NodeBitmap> bitmaps = List.of();
    if (!failed && mayChangeBitmaps(step.command())) {
      bitmaps = bitmaps(engine);
    }
    events.told();
    report.end(
        new Report.Ended(
            step,
            result.outcome(),
            result.text(),
            result.answer(),
            result.error(),
            result.seconds(),
            bitmaps));
    return !failed;
  }

  private List<Report.NodeBitmap> bitmaps(Ashlar engine) {
    List<Report.NodeBitmap> all = new ArrayList<>();
    if (!cancellation.isCancelled()) {
      for (NodeInfo node : engine.graph().nodes().await()) {
        node.bitmaps().forEach(b -> all.add(new Report.NodeBitmap(node.nodeName(), b)));
      }
    }
    return all;
  }

  private static boolean mayChangeBitmaps(String command) {
    return switch (command) {
      case "write",
          "write-zeroes",
          "discard",
          "wait-job",
          "blockdev-reopen",
          "blockdev-set-active",
          "blockdev-add",
          "blockdev-snapshot",
          "blockdev-insert-filter",
          "blockdev-remove-filter",
          "block_resize" ->
          true;
      default ->
          command.startsWith("block-dirty-bitmap-")
              || CommandSet.spec(command).map(CommandSpec::startsJob).orElse(false);
    };
  }

  private static double seconds(long begun) {
    return Math.round((System.nanoTime() - begun) / 1e3) / 1e6;
  }
}
