package io.ashlar.cli;

import io.ashlar.cli.check.CheckCommand;
import io.ashlar.cli.info.InfoCommand;
import io.ashlar.cli.journal.JournalCommand;
import io.ashlar.cli.run.RunCommand;
import picocli.AutoComplete;
import picocli.CommandLine;

/** The ashlar command. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(true, args));
  }

  /**
   * Runs one command.
   *
   * @param takesSignals whether SIGINT and SIGTERM are this command's to handle
   * @return 0 done, 1 a step failed, 2 wrong use or configuration, 130 and 143 by signal
   */
  static int run(boolean takesSignals, String... args) {
    CommandLine line = new CommandLine(new AshlarCommand());
    line.addSubcommand("run", new RunCommand(takesSignals));
    line.addSubcommand("info", new InfoCommand());
    line.addSubcommand("check", new CheckCommand());
    line.addSubcommand("journal", new JournalCommand());
    line.addSubcommand("generate-completion", new AutoComplete.GenerateCompletion());
    line.addSubcommand("help", new CommandLine.HelpCommand());
    line.setUsageHelpWidth(110);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          // Nothing the user did: the trace is what a report of it needs.
          e.printStackTrace(System.err);
          System.err.println("ashlar: unexpected failure: " + e);
          return CommandLine.ExitCode.SOFTWARE;
        });
    return line.execute(args);
  }
}
