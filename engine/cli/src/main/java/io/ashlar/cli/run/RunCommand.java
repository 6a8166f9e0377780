package io.ashlar.cli.run;

import com.typesafe.config.Config;
import io.ashlar.cli.Console;
import io.ashlar.cli.Settings;
import io.ashlar.cli.Terminal;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.spi.BlockException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar run}. */
@Command(
    name = "run",
    description = "Builds the nodes of a graph file and carries its steps out.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every step did what was wanted",
      "1:a step failed; it is named",
      "2:wrong use, or the file is wrong; nothing was done",
      "130:ended by SIGINT (143: SIGTERM); bitmaps were stored"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ashlar run examples/incremental-backup.conf",
      "  ashlar run examples/incremental-backup.conf --set image=vm.qcow2 --set out=/backup/vm",
      "  ashlar run examples/throttle.conf --json | jq -c 'select(.event == \"step\")'",
      "  ashlar run graph.conf --parameters",
      "",
      "docs/graph-files.md describes the files."
    })
public final class RunCommand implements Callable<Integer> {
  private final boolean takesSignals;

  @Parameters(index = "0", paramLabel = "GRAPH.conf", description = "The graph file (HOCON).")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "Gives a parameter that the file declares a value. Sets nothing else.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--json",
      description = "Prints one JSON object a line on stdout; log lines go to stderr.")
  private boolean json;

  @Option(
      names = "--allow-references",
      paramLabel = "DIR",
      description =
          "Plain file names inside images mean regular files under DIR. Without it a name in an"
              + " image opens nothing.")
  private Path references;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings of the engine instead of conf/ashlar.conf.")
  private Path config;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @Option(names = "--parameters", description = "Lists the parameters of the file and ends.")
  private boolean list;

  /**
   * The command.
   *
   * @param takesSignals whether SIGINT and SIGTERM end the run in order
   */
  public RunCommand(boolean takesSignals) {
    this.takesSignals = takesSignals;
  }

  /** Runs the file; gives the exit code. */
  @Override
  public Integer call() {
    PrintStream out = Console.output();
    try {
      GraphFile graph = GraphFile.read(file, list ? List.of() : settings, list);
      if (list) {
        listParameters(graph, out);
        return 0;
      }
      if (references != null && !Files.isDirectory(references)) {
        throw new ConfigurationException("--allow-references " + references, "no such directory");
      }
      Report report = json ? new JsonReport(out) : new TextReport(out, Terminal.isOutput());
      return run(graph, report, Settings.load(config));
    } catch (ConfigurationException e) {
      Console.wrong(e);
      return 2;
    } finally {
      out.flush();
    }
  }

  private int run(GraphFile graph, Report report, Config engineSettings) {
    Cancellation cancellation = new Cancellation();
    if (takesSignals) {
      Signals.install(cancellation);
    }
    Runner runner = new Runner(graph, report, cancellation);
    long begun = System.nanoTime();
    try (DriverRegistry drivers = Settings.drivers(engineSettings)) {
      OptionChecker checker = new OptionChecker(drivers);
      runner.check(checker);
      runner.prepareOutput();
      report.begin(graph);
      int code =
          new EngineRun(runner, report, cancellation)
              .run(engineSettings, new ChildSettings(references, config), checker);
      report.end(code, verdict(code, cancellation), (System.nanoTime() - begun) / 1e9);
      return code;
    }
  }

  private static String verdict(int code, Cancellation cancellation) {
    if (cancellation.isCancelled()) {
      return "ended by " + cancellation.signal();
    }
    return code == 0 ? "done" : "failed";
  }

  private static void listParameters(GraphFile graph, PrintStream out) {
    for (Parameter parameter : graph.parameters().declared().values()) {
      out.println(
          "  --set "
              + parameter.name()
              + "=<"
              + parameter.typeWord()
              + ">  "
              + parameter.doc()
              + (parameter.value() == null ? "" : " (default: " + parameter.value() + ")")
              + (parameter.required() ? " (required)" : ""));
    }
  }

  /** The part of a run that has an engine. */
  private record EngineRun(Runner runner, Report report, Cancellation cancellation) {
    int run(Config settings, ChildSettings children, OptionChecker checker) {
      boolean good = false;
      Ashlar engine = start(settings);
      cancellation.enter();
      try {
        References references = new References(children.references(), engine, checker);
        good = runner.run(engine, references, children);
      } catch (BlockException e) {
        if (!cancellation.isCancelled()) {
          report.remark(e.code() + ": " + e.getMessage());
        }
      } finally {
        cancellation.leave();
        good &= close(engine);
      }
      if (cancellation.isCancelled()) {
        return cancellation.exitCode();
      }
      return good ? 0 : 1;
    }

    private static Ashlar start(Config settings) {
      try {
        return Ashlar.start(settings);
      } catch (BlockException e) {
        throw new ConfigurationException("the engine does not start", e.getMessage());
      }
    }

    private boolean close(Ashlar engine) {
      try {
        engine.close();
        return true;
      } catch (BlockException e) {
        report.remark("closing failed: " + e.code() + ": " + e.getMessage());
        return false;
      }
    }
  }
}
