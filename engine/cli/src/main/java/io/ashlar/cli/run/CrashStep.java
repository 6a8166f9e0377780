package io.ashlar.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Options;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Carries nodes and steps out in a process of its own and kills that, without warning, when the
 * last step that is waited for is done and a given time has passed. Steps with {@code wait = false}
 * are in the middle of their work then, and no node is closed.
 */
final class CrashStep {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChildSettings settings;
  private final ExecutorService threads;

  CrashStep(ChildSettings settings, ExecutorService threads) {
    this.settings = settings;
    this.threads = threads;
  }

  /**
   * Runs and kills.
   *
   * @return what was killed, for people
   * @throws BlockException with the code of the step that failed; EXPECTATION_FAILED when the
   *     process ended by itself
   */
  String run(Step step, Options values) {
    List<Step> inner = step.inner().stream().filter(one -> one.skipped() == null).toList();
    long working = inner.stream().filter(Step::background).count();
    try {
      Path file = Files.createTempFile("ashlar-crash", ".conf");
      try {
        Files.writeString(file, text(inner));
        carryOut(file, inner.size(), values.number("after-ms"));
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new BlockException(
          ErrorCode.IO_ERROR, "a process for 'crash' cannot be started: " + e.getMessage(), e);
    }
    return "killed after "
        + inner.size()
        + (inner.size() == 1 ? " step" : " steps")
        + (working == 0 ? "" : ", " + working + " of them in the middle of its work");
  }

  /** The steps as a file of their own; what they refer to is filled in already. */
  private static String text(List<Step> steps) {
    StringBuilder graph = new StringBuilder("graph = [\n");
    StringBuilder run = new StringBuilder("run = [\n");
    for (Step step : steps) {
      String json =
          ((ConfigObject) step.source())
              .withoutKey(StepParser.WHEN)
              .render(ConfigRenderOptions.concise());
      (step.prefix().isEmpty() ? graph : run).append(json).append('\n');
    }
    return graph.append("]\n").append(run).append("]\n").toString();
  }

  private void carryOut(Path file, int steps, long millis) throws IOException {
    Process process =
        new ProcessBuilder(settings.command(file))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      process.getOutputStream().close();
      Future<?> done = threads.submit(() -> untilDone(process, steps));
      done.get();
      if (millis > 0 && process.waitFor(millis, TimeUnit.MILLISECONDS)) {
        throw endedByItself();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BlockException known) {
        throw known;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BlockException(ErrorCode.CANCELLED, "interrupted", e);
    } finally {
      // SIGKILL; nothing of the process gets a chance to tidy up.
      process.toHandle().destroyForcibly();
      process.onExit().join();
    }
  }

  /** Returns when all steps have ended or go on in the background. */
  private static void untilDone(Process process, int steps) {
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    try {
      int ended = 0;
      while (ended < steps) {
        String line = lines.readLine();
        JsonNode event = line == null ? JSON.createObjectNode() : JSON.readTree(line);
        switch (event.path("event").asText("end")) {
          case "step" -> {
            refuseFailed(event);
            ended++;
          }
          case "end" -> throw endedByItself();
          default -> {
            // what its nodes tell is of no interest here
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BlockException endedByItself() {
    return new BlockException(
        ErrorCode.EXPECTATION_FAILED,
        "the process of 'crash' ended by itself before it could be killed");
  }

  private static void refuseFailed(JsonNode step) {
    if (step.path("outcome").asText().equals("failed")) {
      throw new BlockException(
          ErrorCode.valueOf(step.at("/error/code").asText()),
          "in the process of 'crash', "
              + step.path("name").asText(step.path("command").asText())
              + ": "
              + step.at("/error/desc").asText());
    }
  }
}
